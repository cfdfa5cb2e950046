"""The OpenAI Python SDK against a running `understudy serve`.

A stock client must speak, stream, list models and get its own typed exceptions, with nothing
told to it but a base URL. Run by `tests/openai_sdk/run`, which starts the server.

usage: check.py BASE_URL
"""

import base64
import json
import sys

import openai

TEXT = "The show must go on."


def main(base_url: str) -> None:
    client = openai.OpenAI(base_url=base_url, api_key="none", max_retries=0)
    checks = [
        speaks_every_format,
        takes_a_voice_object,
        streams_bytes,
        streams_events,
        lists_models,
        raises_typed_exceptions,
        reports_what_it_ignored,
    ]
    for check in checks:
        check(client)
        print(f"ok {check.__name__}")
    print(f"{len(checks)} passed, 0 failed")


def speak(client, **overrides):
    arguments = {"model": "tts-1", "voice": "alloy", "input": TEXT, **overrides}
    return client.audio.speech.create(**arguments)


def speaks_every_format(client) -> None:
    magic = {
        "mp3": lambda b: b[:3] == b"ID3" or (b[0] == 0xFF and b[1] & 0xE0 == 0xE0),
        "opus": lambda b: b[:4] == b"OggS",
        "aac": lambda b: b[0] == 0xFF and b[1] & 0xF6 == 0xF0,
        "flac": lambda b: b[:4] == b"fLaC",
        "wav": lambda b: b[:4] == b"RIFF" and b[8:12] == b"WAVE",
        "pcm": lambda b: len(b) % 2 == 0,
    }
    for name, looks_right in magic.items():
        audio = speak(client, response_format=name).read()
        assert len(audio) > 1000, (name, len(audio))
        assert looks_right(audio), (name, audio[:16])
    # OpenAI's pcm is 24 kHz, 16 bit, mono; the sentence takes one to four seconds.
    seconds = len(speak(client, response_format="pcm").read()) / 48000
    assert 1 < seconds < 4, seconds
    slow = len(speak(client, response_format="pcm", speed=0.5).read()) / 48000
    assert 1.6 < slow / seconds < 2.4, (slow, seconds)


def takes_a_voice_object(client) -> None:
    assert len(speak(client, voice={"id": "flite/kal"}).read()) > 1000


def streams_bytes(client) -> None:
    text = " ".join([TEXT] * 40)
    with client.audio.speech.with_streaming_response.create(
        model="tts-1", voice="alloy", input=text, extra_body={"stream": True}
    ) as response:
        assert response.headers["content-type"] == "audio/mpeg", response.headers
        pieces = sum(1 for _ in response.iter_bytes(1024))
    assert pieces > 10, pieces


def streams_events(client) -> None:
    with client.audio.speech.with_streaming_response.create(
        model="gpt-4o-mini-tts", voice="coral", input=TEXT, stream_format="sse"
    ) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        events = [json.loads(line[6:]) for line in response.iter_lines() if line.startswith("data: {")]
    kinds = [event["type"] for event in events]
    assert kinds[-1] == "speech.audio.done", kinds
    assert set(kinds[:-1]) == {"speech.audio.delta"}, kinds
    assert sum(len(base64.b64decode(event["audio"])) for event in events[:-1]) > 1000
    assert set(events[-1]["usage"]) == {"input_tokens", "output_tokens", "total_tokens"}, events[-1]


def lists_models(client) -> None:
    models = [model.id for model in client.models.list()]
    assert "tts-1" in models, models
    assert client.models.retrieve("tts-1").object == "model"


def raises_typed_exceptions(client) -> None:
    bad = [
        (openai.BadRequestError, "input", {"input": ""}),
        (openai.BadRequestError, "voice", {"voice": "nobody"}),
        (openai.BadRequestError, "speed", {"speed": 9.0}),
        (openai.BadRequestError, "response_format", {"response_format": "midi"}),
        (openai.NotFoundError, "model", {"model": "whisper-1"}),
    ]
    for kind, param, overrides in bad:
        try:
            speak(client, **overrides)
        except kind as error:
            assert set(error.body) >= {"message", "type", "param", "code"}, error.body
            assert error.param == param, (param, error.body)
            assert error.request_id, "x-request-id is missing"
        else:
            raise AssertionError(f"{overrides} was accepted")


def reports_what_it_ignored(client) -> None:
    response = client.audio.speech.with_raw_response.create(
        model="tts-1", voice="alloy", input=TEXT, extra_body={"made_up": 1}
    )
    assert "made_up" in response.headers["x-understudy-ignored"], response.headers


if __name__ == "__main__":
    main(sys.argv[1])
