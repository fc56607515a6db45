"""Runs in an interpreter of its own: a codec of one-byte samples, and a language model that does what it is told."""

import ctypes
import os
import subprocess
import sys
import time
from array import array
from pathlib import Path


def open_model(setting):
    print("loading", setting.name, flush=True)
    return Codec(setting) if setting.model == "puppet_codec" else Puppet(setting)


class Codec:
    """Eight bits a sample, uniform, as tokens of one codebook; a `byte` setting packs them."""

    def __init__(self, setting):
        self.setting = setting

    def encode(self, clip):
        levels = [min(255, max(0, round(128 + 128 * value))) for value in clip.audio.samples()]
        if self.setting.name == "bytes":
            return {"packets": [bytes(levels)]}
        return {"codes": [array("h", levels)], "side": {"gain": [0.5, 1.0]}, "side_bits": 16}

    def decode(self, sent):
        if self.setting.name == "bytes":
            levels = b"".join(sent.packets)
        else:
            (levels,), gain = sent.codes, sent.side["gain"]
            assert gain == [0.5, 1.0]
        samples = array("f", [(level - 128) / 128 for level in levels])
        return {"audio": (samples[: sent.num_samples], self.setting.sample_rate)}


class Puppet:
    """The text of a request says what happens: the name of a method here, or words to speak."""

    def __init__(self, setting):
        self.setting = setting
        self.answered = 0

    def generate(self, request):
        self.answered += 1
        return getattr(self, request.text, self.echo)(request)

    def echo(self, request):
        return {"audio": (request.audio.samples(), request.audio.sample_rate), "text": request.text}

    def count(self, request):
        return {"text": f"{self.answered} in {os.getpid()}"}

    def noise(self, request):
        print('{"ok": true, "answer": {"text": "from a print"}}', flush=True)
        os.write(1, b'{"ok": true, "answer": {"text": "from the descriptor"}}\n')
        os.system("echo from a shell; echo and its errors >&2")
        subprocess.run([sys.executable, "-c", "print('from a child')"], check=True)
        sys.stdout.write("without an end")
        return self.echo(request)

    def reads(self, request):
        return {"text": sys.stdin.read() + "|" + subprocess.run(["cat"], stdout=subprocess.PIPE).stdout.decode()}

    def raises(self, request):
        raise ValueError("this text\nis not for me")

    def exits(self, request):
        sys.exit(2)

    def crash(self, request):
        ctypes.string_at(0)

    def ends(self, request):
        os._exit(5)

    def hang(self, request):
        self._grandchild()
        time.sleep(600)

    def spins(self, request):
        self._grandchild()
        while True:
            pass

    def forks_and_ends(self, request):
        """The fork holds every descriptor open that its parent had."""
        if os.fork() == 0:
            time.sleep(600)
        os._exit(6)

    def hangs_up(self, request):
        os.closerange(3, 256)
        time.sleep(600)

    def broken(self, request):
        return {"audio": self._file(b"RIFF\0\0\0\0WAVEfmt nothing of the kind")}

    def empty(self, request):
        return {"audio": self._file(b"")}

    def missing(self, request):
        return {"audio": "nowhere.wav"}

    def silent(self, request):
        return {"audio": ([], 16000)}

    def nan(self, request):
        return {"audio": ([0.0, float("nan")], 16000)}

    def own(self, request):
        return {"audio": self._file(Path(request.audio.path).read_bytes())}

    def stereo(self, request):
        return {"audio": ([[0.0, 0.25, 0.5], [1.0, -1.0, 0.125]], 22050)}

    def typo(self, request):
        return {"adio": ([0.0], 16000)}

    def unspeakable(self, request):
        return {"text": object()}

    def nothing(self, request):
        return None

    def long(self, request):
        return {"text": "word " * 400000}

    def told(self, request):
        return {"text": repr(sorted(vars(request).items(), key=lambda pair: pair[0]))}

    def place(self, request):
        names = ("PYTHONPATH", "CUDA_VISIBLE_DEVICES", "HF_HUB_OFFLINE")
        found = {name: os.environ.get(name) for name in names}
        return {"text": repr({**found, "cwd": str(Path.cwd()), "path": sys.path, "setting": vars(self.setting)})}

    def _grandchild(self):
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])

    def _file(self, content):
        path = Path("answer of its own.wav")
        path.write_bytes(content)
        return path
