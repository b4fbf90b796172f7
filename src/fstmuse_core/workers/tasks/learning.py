"""The child process that learns from corrections, and hears what is put into class buckets."""

from __future__ import annotations

import importlib
from multiprocessing.connection import Connection
from typing import Any

from fstmuse_core.system.process_limits import Limits
from fstmuse_core.workers.protocol import AnswerBuckets, LearnCorrections
from fstmuse_core.workers.server import JobServer

# Of one song, or of the learning at the end.
LIMITS = Limits(cpu_s=600.0, idle_s=120.0, work="the learning", remedy="try again")


def serve(connection: Connection) -> None:
    """Answer requests, one after the other, until the pipe ends."""
    LearningServer(connection).serve()


class LearningServer(JobServer):
    """Learns; nothing of it loads TensorFlow."""

    limits = LIMITS

    def do(self, request: LearnCorrections | AnswerBuckets) -> Any:
        """Do a job and return its result."""
        # By their names: this room does not load what trains before it is asked to.
        if isinstance(request, AnswerBuckets):
            answer = importlib.import_module("fstmuse_core.training.quick.session").answer_buckets
            return answer(request.buckets, request.questions, self._tell, self.is_cancelled)
        learn = importlib.import_module("fstmuse_core.training.quick.learn").learn
        return learn(self._tell, self.is_cancelled)

    def _tell(self, done: int, total: int) -> None:
        self.progress(done, max(2, total))
