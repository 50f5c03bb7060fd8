"""A local Twilio: Programmable Voice's REST API, TwiML and signed callbacks, with simulated people on simulated time.

It is a program of its own (`python -m simulator`) and meets an application only over HTTP.
"""
