"""Twilio's REST API, version 2010-04-01. Source: https://www.twilio.com/docs/voice/api"""
