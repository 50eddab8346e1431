"""Nothing is lost when a process ends, and nothing is sent twice when it forks."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from scripts import run, start
from servers import AppServer

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from service import Key


def finish(process: subprocess.Popen[str]) -> int:
    """Wait for the end of a started script."""
    assert process.stdout is not None
    process.stdout.close()
    return process.wait(60)


def test_events_are_sent_when_the_interpreter_exits(key: Key) -> None:
    assert run("for n in range(100): client.put(raw(f'/{n}'))", key).returncode == 0
    assert key.count() == 100


def test_events_are_sent_when_the_program_dies_of_an_exception(key: Key) -> None:
    assert run("client.put(raw('/x')); raise SystemExit(3)", key).returncode == 3
    assert run("client.put(raw('/x')); 1 / 0", key).returncode == 1
    assert key.count() == 2


def test_signals_are_left_alone(key: Key) -> None:
    script = """
from api_analytics_client.asgi import AnalyticsMiddleware
AnalyticsMiddleware(None)
client.put(raw('/x'))
assert client.flush(20)
assert all(signal.getsignal(n) == before[n] for n in signal.valid_signals())
"""
    before = "import signal; before = {n: signal.getsignal(n) for n in signal.valid_signals()}"
    ended = run(script, key, before=before)
    assert ended.returncode == 0, ended.stderr


def test_sigterm_kills_at_once_a_process_that_is_within_a_long_call(key: Key) -> None:
    script = "client.put(raw('/x'))\nprint('ready')\nsum(range(10**12))"
    process = start(script, key)
    process.send_signal(signal.SIGTERM)
    assert finish(process) == -signal.SIGTERM


OPTED = "from api_analytics_client import close_on_sigterm\n"


def test_sigterm_sends_what_is_left_and_kills_as_before_if_that_is_asked_for(key: Key) -> None:
    process = start(OPTED + "close_on_sigterm()\nclient.put(raw('/x'))\nprint('ready')\nsignal.pause()", key)
    process.send_signal(signal.SIGTERM)
    assert finish(process) == -signal.SIGTERM
    assert key.count() == 1


def test_a_handler_of_the_application_stays_in_charge_when_sigterm_is_to_close(key: Key) -> None:
    script = """
from api_analytics_client import close_on_sigterm
def handle(*_):
    client.put(raw('/late'))
    ended.append(True)
ended = []
signal.signal(signal.SIGTERM, handle)
close_on_sigterm()
client.put(raw('/x'))
print('ready')
while not ended: time.sleep(0.01)
while client.stats().stored < 2: time.sleep(0.01)
os._exit(7)
"""
    process = start(script, key)
    process.send_signal(signal.SIGTERM)
    assert finish(process) == 7
    assert key.count() == 2


def test_a_handler_that_calls_the_one_before_it_is_not_killed(key: Key) -> None:
    script = """
from api_analytics_client import close_on_sigterm
close_on_sigterm()
former = signal.getsignal(signal.SIGTERM)
ended = False
def handle(*rest):
    global ended
    former(*rest)
    ended = True
signal.signal(signal.SIGTERM, handle)
client.put(raw('/x'))
print('ready')
while not ended: time.sleep(0.01)
sys.exit(7)
"""
    process = start(script, key)
    process.send_signal(signal.SIGTERM)
    assert finish(process) == 7
    assert key.count() == 1


def test_events_are_sent_when_a_handler_of_the_application_ends_it(key: Key) -> None:
    script = """
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
Client(flush_interval=3600).put(raw('/a'))
client.put(raw('/b'))
print('ready')
signal.pause()
"""
    process = start(script, key)
    process.send_signal(signal.SIGTERM)
    assert finish(process) == 7
    assert key.count() == 2


def test_a_dead_service_holds_the_exit_up_no_longer_than_is_set(key: Key) -> None:
    # No time is measured here: it is the limit of `run` that a longer wait would break.
    options = "{'shutdown_timeout': 0.5, 'server_url': 'http://127.0.0.1:9'}"
    ended = run("client.put(raw('/x'))", key, OPTIONS=options)
    assert ended.returncode == 0
    assert "dropped 1 events" in ended.stderr


def test_an_idle_client_exits_at_once_and_says_nothing(key: Key) -> None:
    ended = run("", key)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


@pytest.mark.parametrize("before", ["", "client.flush(20)"])
def test_a_fork_sends_its_own_events_and_not_its_parents(key: Key, before: str) -> None:
    # Parent and children have threads, locks and a connection of their own, or this hangs or counts wrongly.
    script = f"""
for n in range(10): client.put(raw('/parent'))
{before}
children = []
for child in range(3):
    pid = os.fork()
    if pid == 0:
        for n in range(5): client.put(raw(f'/child/{{child}}'))
        sys.exit(0 if client.stats().recorded == 5 else 1)
    children.append(pid)
for pid in children:
    assert os.waitpid(pid, 0)[1] == 0
"""
    ended = run(script, key)
    assert ended.returncode == 0, ended.stderr
    endpoints = [event["endpoint"] for event in key.events()]
    assert endpoints.count("/parent") == 10
    assert [endpoints.count(f"/child/{child}") for child in range(3)] == [5, 5, 5]


def test_children_of_multiprocessing_send_their_events(key: Key) -> None:
    script = """
import multiprocessing
client.put(raw('/parent'))
def work(child):
    client.put(raw(f'/child/{child}'))
context = multiprocessing.get_context('fork')
children = [context.Process(target=work, args=(child,)) for child in range(3)]
for child in children: child.start()
for child in children: child.join()
"""
    ended = run(script, key)
    assert ended.returncode == 0, ended.stderr
    assert sorted(event["endpoint"] for event in key.events()) == ["/child/0", "/child/1", "/child/2", "/parent"]


def test_the_senders_thread_loads_no_modules_which_a_fork_would_interrupt(key: Key) -> None:
    script = """
loaded = set(sys.modules)
client.put(raw('/event'))
assert client.flush(20)
assert set(sys.modules) == loaded, set(sys.modules) - loaded
"""
    ended = run(script, key)
    assert ended.returncode == 0, ended.stderr


def test_a_fork_under_load_of_many_threads_neither_hangs_nor_loses(key: Key) -> None:
    script = """
def work():
    for n in range(2000): client.put(raw('/threads'))
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads: thread.start()
children = []
for child in range(5):
    pid = os.fork()
    if pid == 0:
        client.put(raw('/child'))
        assert client.flush(20)
        os._exit(0)
    children.append(pid)
for thread in threads: thread.join()
for pid in children:
    assert os.waitpid(pid, 0)[1] == 0
"""
    ended = run(script, key)
    assert ended.returncode == 0, ended.stderr
    assert key.count() == 8 * 2000 + 5


@pytest.mark.parametrize("options", [(), ("--workers", "2")], ids=["plain", "workers"])
def test_uvicorn_loses_nothing_at_sigterm(key: Key, options: tuple[str, ...]) -> None:
    with AppServer.uvicorn("apps.fastapi_app:app", key, *options) as server:
        for number in range(50):
            server.http.get(f"/items/{number}")
    assert sorted(event["endpoint"] for event in key.events()) == sorted(f"/items/{n}" for n in range(50))


def test_uvicorn_with_the_original_form_loses_nothing_at_sigterm(key: Key) -> None:
    with AppServer.uvicorn("apps.dropin_app:app", key, API_ANALYTICS_FLUSH_INTERVAL="3600") as server:
        for _ in range(50):
            server.http.get("/stream")
    assert key.count() == 50


def test_uvicorn_with_django_loses_nothing_at_sigterm(key: Key) -> None:
    with AppServer.uvicorn("apps.django_app:flushed", key, API_ANALYTICS_FLUSH_INTERVAL="3600") as server:
        for number in range(50):
            server.http.get(f"/items/{number}/")
    assert key.count() == 50


@pytest.mark.parametrize(
    "options",
    [("--workers", "2", "--preload"), ("--workers", "2"), ("--threads", "4")],
    ids=["preload", "workers", "threads"],
)
def test_gunicorn_loses_nothing_at_sigterm(key: Key, options: tuple[str, ...]) -> None:
    with AppServer.gunicorn("apps.flask_app:app", key, *options) as server:
        for number in range(50):
            server.http.get(f"/items/{number}")
    assert sorted(event["endpoint"] for event in key.events()) == sorted(f"/items/{n}" for n in range(50))


def test_the_hook_of_gunicorn_sends_what_a_worker_has_left(key: Key, tmp_path: Path) -> None:
    # `os._exit` stands for what ends a worker without the interpreter's own end.
    hook = """
import os, api_analytics_client
def worker_exit(server, worker):
    api_analytics_client.shutdown()
    os._exit(0)
"""
    (tmp_path / "conf.py").write_text(hook)
    options = ("--threads", "4", "--config", str(tmp_path / "conf.py"))
    with AppServer.gunicorn("apps.flask_app:app", key, *options, API_ANALYTICS_FLUSH_INTERVAL="3600") as server:
        for number in range(50):
            server.http.get(f"/items/{number}")
    assert key.count() == 50


def test_one_client_serves_several_event_loops(key: Key) -> None:
    script = """
import asyncio
from api_analytics_client.asgi import AnalyticsMiddleware
async def app(scope, receive, send):
    await send({'type': 'http.response.start', 'status': 200, 'headers': []})
    await send({'type': 'http.response.body', 'body': b'ok'})
tracked = AnalyticsMiddleware(app, flush_interval=3600)
async def request(path):
    async def send(message): pass
    await tracked({'type': 'http', 'method': 'GET', 'path': path, 'headers': []}, None, send)
def loop(number):
    for n in range(100): asyncio.run(request(f'/{number}/{n}'))
threads = [threading.Thread(target=loop, args=(number,)) for number in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""
    ended = run(script, key)
    assert ended.returncode == 0, ended.stderr
    assert key.count() == 400
