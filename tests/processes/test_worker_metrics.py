"""What a worker tells of its jobs, though it serves nobody. D9."""

import asyncio
import socket
import subprocess
import sys

import httpx2

from tests.processes.conftest import ROOT, Street


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def worker(street: Street, port: int) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "server.py", "worker"],
        cwd=ROOT,
        env=street.environment(WORKER_METRICS_PORT=str(port), METRICS_TOKEN="let-me-see"),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    street.running.append(process)
    return process


async def answered(client: httpx2.AsyncClient, url: str, token: str) -> httpx2.Response:
    async with asyncio.timeout(90):
        while True:
            try:
                response = await client.get(url, headers={"authorization": f"Bearer {token}"})
            except httpx2.TransportError:
                await asyncio.sleep(0.05)
                continue
            if response.status_code == 401 or 'marquee_jobs_total{job="expire plans"' in response.text:
                return response
            await asyncio.sleep(0.05)


async def test_a_worker_tells_of_its_jobs_and_of_nothing_else(street: Street, client: httpx2.AsyncClient) -> None:
    port = free_port()
    process = worker(street, port)
    url = f"http://127.0.0.1:{port}/metrics"
    text = (await answered(client, url, "let-me-see")).text
    assert 'marquee_jobs_total{job="expire plans",outcome="OK"} 1.0' in text
    assert 'marquee_part_up{part="database"} 1.0' in text
    assert (await answered(client, url, "wrong")).status_code == 401
    for path in ("health", "graphql"):
        elsewhere = await client.get(f"http://127.0.0.1:{port}/{path}")
        assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "NOT_FOUND")
        assert elsewhere.json()["requestId"] == elsewhere.headers["x-request-id"]
        assert elsewhere.headers["x-content-type-options"] == "nosniff"
    process.terminate()
    assert await asyncio.to_thread(process.wait, 15) == 0, "it ends in good order"
