"""Attempt counters in Redis. One script checks and counts atomically, so parallel guesses are all counted.

Without Redis, sign-in continues with a counter of this process, and a warning is logged.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from math import ceil

import redis
import structlog
from django.conf import settings

from users.domain.throttling import Bucket, TooManyAttempts, delay_after

log = structlog.get_logger(__name__)

#: KEYS: one hash per bucket. ARGV: now in ms; then free, longest and memory of each bucket.
#: Returns the ms to wait, or 0 if the attempt is allowed; an allowed attempt has been counted.
_ATTEMPT = """
local now = tonumber(ARGV[1])
local wait = 0
for _, key in ipairs(KEYS) do
  wait = math.max(wait, tonumber(redis.call('HGET', key, 'until') or 0) - now)
end
if wait > 0 then return wait end
for i, key in ipairs(KEYS) do
  local free, longest, memory = tonumber(ARGV[3*i-1]), tonumber(ARGV[3*i]), tonumber(ARGV[3*i+1])
  local over = redis.call('HINCRBY', key, 'count', 1) - free
  if over > 0 then
    local delay = math.min(2 ^ math.min(over - 1, 20), longest) * 1000
    redis.call('HSET', key, 'until', string.format('%d', now + delay))
  end
  redis.call('EXPIRE', key, memory)
end
return 0
"""

#: KEYS: the bucket to delete, then the buckets to decrement. ARGV: the `free` of the latter.
_SUCCEEDED = """
redis.call('DEL', KEYS[1])
for i = 2, #KEYS do
  local count = redis.call('HINCRBY', KEYS[i], 'count', -1)
  if count <= 0 then redis.call('DEL', KEYS[i])
  elseif count <= tonumber(ARGV[i-1]) then redis.call('HDEL', KEYS[i], 'until') end
end
"""

#: Seconds for which the local counter is used after Redis has failed.
_REDIS_PAUSE = 5.0
_MAX_LOCAL = 10_000

_lock = threading.Lock()
_local: OrderedDict[str, tuple[int, float, float]] = OrderedDict()  # key: attempts, blocked until, expires at
_EMPTY = (0, 0.0, 0.0)
_state = {"redis_paused_until": 0.0}


def attempt(buckets: Sequence[Bucket], *, now: datetime) -> None:
    """Count an attempt. Raises TooManyAttempts, with the seconds to wait, and then does not count it."""
    wait = _count_in_redis(buckets, now) if _redis_in_use() else None
    if wait is None:
        wait = _count_locally(buckets, now)
    if wait > 0:
        raise TooManyAttempts(retry_after=ceil(wait))


def allowed(bucket: Bucket, *, now: datetime) -> bool:
    """Count an attempt; return False instead of raising TooManyAttempts."""
    try:
        attempt([bucket], now=now)
    except TooManyAttempts:
        return False
    return True


def succeeded(buckets: Sequence[Bucket]) -> None:
    """Reset the first bucket and uncount the attempt in the others."""
    with _lock:
        _local.pop(_key(buckets[0]), None)
        for bucket in buckets[1:]:
            count, until, end = _local.get(_key(bucket), _EMPTY)
            if count:
                _local[_key(bucket)] = (count - 1, until if count - 1 > bucket.policy.free else 0.0, end)
    if _redis_in_use():
        try:
            keys, free = [_key(bucket) for bucket in buckets], [bucket.policy.free for bucket in buckets[1:]]
            _client(settings.REDIS_URL).register_script(_SUCCEEDED)(keys=keys, args=free)
        except redis.RedisError as error:
            _pause_redis(error)


def _count_in_redis(buckets: Sequence[Bucket], now: datetime) -> float | None:
    numbers = [n for bucket in buckets for n in (bucket.policy.free, bucket.policy.longest, bucket.policy.memory)]
    try:
        script = _client(settings.REDIS_URL).register_script(_ATTEMPT)
        wait = script(keys=[_key(bucket) for bucket in buckets], args=[int(now.timestamp() * 1000), *numbers])
    except redis.RedisError as error:
        _pause_redis(error)
        return None
    return float(wait) / 1000


def _count_locally(buckets: Sequence[Bucket], now: datetime) -> float:
    at = now.timestamp()
    with _lock:
        found = {_key(bucket): _local.get(_key(bucket), _EMPTY) for bucket in buckets}
        wait = max(until for _, until, _ in found.values()) - at
        if wait > 0:
            return wait
        for bucket in buckets:
            key = _key(bucket)
            before, _, end = found[key]
            count = (before if at < end else 0) + 1
            _local[key] = (count, at + delay_after(count, bucket.policy), at + bucket.policy.memory)
            _local.move_to_end(key)
        while len(_local) > _MAX_LOCAL:
            _local.popitem(last=False)
    return 0.0


def _redis_in_use() -> bool:
    return time.monotonic() >= _state["redis_paused_until"]


def _pause_redis(error: redis.RedisError) -> None:
    _state["redis_paused_until"] = time.monotonic() + _REDIS_PAUSE
    log.warning("throttle_without_redis", error=str(error), seconds=_REDIS_PAUSE)


def _key(bucket: Bucket) -> str:
    """Return the key of a bucket. Redis stores only a digest of addresses and accounts."""
    who = hashlib.sha256(bucket.who.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f"users:throttle:{bucket.policy.name}:{who}"


@cache
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.3)


def reset() -> None:
    """Clear the local counters and use Redis again at once."""
    with _lock:
        _local.clear()
    _state["redis_paused_until"] = 0.0
