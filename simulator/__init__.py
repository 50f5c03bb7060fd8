"""A local Twilio: Programmable Voice's REST API, TwiML and signed callbacks, played by simulated people on a simulated clock.

It is a program of its own (`python -m simulator`) and meets an application only over HTTP.
"""
