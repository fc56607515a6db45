"""Trains the pocket codec: python examples/pocket_codec/train.py --data DIR [--steps N] [--seed N] [--out FILE]

DIR holds the corpora that speech.py names. Runs on CUDA where it is, else on the CPU, where one seed gives one result.
In the first half of the steps encoder and decoder learn together, with ever more noise for what codebooks leave over.
Then codebooks are fitted to the encoder, which stays as it is, and the decoder learns to hear them, few or all.
"""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path

import codebooks
import speech
import torch
from losses import Distance
from mirror import mirror
from safetensors.torch import save_file
from torch import Tensor

from codecmark.nn.pocket import Pocket

SHIPPED = Path(__file__).parents[2] / "benchmark" / "codecmark" / "codecs" / "pocket_weights" / "pocket.safetensors"
BATCH = (4, 12800)
RATE_OF_LEARNING = 1e-3
WARM_UP_STEPS = 100
NOISE = 0.7
"""At most, at last, as a share of each frame's own level."""
STEPS_PER_REPORT = 100
STEPS_PER_CHECKPOINT = 250


class Training:
    """A network on its way; `step` takes it one batch further."""

    def __init__(self, waves: list[Tensor], steps: int, device: str, seed: int) -> None:
        self._generator = torch.Generator().manual_seed(seed)
        self.network = Pocket()
        mirror(self.network.encoder, self.network.decoder, self._generator)
        self.network.to(device)
        self._waves, self._device, self._half = waves, device, steps // 2
        self._distance = Distance(speech.RATE).to(device)
        learnt = [*self.network.encoder.parameters(), *self.network.decoder.parameters()]
        self._optimiser = torch.optim.AdamW(learnt, RATE_OF_LEARNING, betas=(0.8, 0.99))
        self._schedule = torch.optim.lr_scheduler.LambdaLR(self._optimiser, self._share_of_rate)

    def step(self, number: int) -> float:
        """The distance of this batch, before what it teaches is learnt."""
        if number == self._half:
            codebooks.fit(self.network.quantizer, self._latents(), self._generator)
        spoken = speech.crops(self._waves, BATCH, self._generator).to(self._device)
        latent = self._noisy(spoken, number / self._half) if number < self._half else self._coded(spoken)
        distance: Tensor = self._distance(self.network.waves(latent), spoken[:, 0])
        self._optimiser.zero_grad()
        distance.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self._optimiser.step()
        self._schedule.step()
        return float(distance.detach())

    def save(self, path: Path) -> None:
        """In half precision, which is all that is shipped; a file is never left half written."""
        tensors = {name: tensor.half().cpu().contiguous() for name, tensor in self.network.state_dict().items()}
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(tensors, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)

    def _noisy(self, spoken: Tensor, progress: float) -> Tensor:
        latent, _ = self.network.encode(spoken)
        share = NOISE * progress * torch.rand(len(latent), 1, 1, generator=self._generator)
        noise = share * torch.randn(latent.shape, generator=self._generator)
        return latent + noise.to(self._device) * latent.detach().square().mean(dim=1, keepdim=True).sqrt()

    @torch.no_grad()
    def _coded(self, spoken: Tensor) -> Tensor:
        """With all codebooks in every second batch, else with any number of them."""
        books = len(self.network.codebook_sizes)
        count, whole = torch.randint(1, books + 1, (2,), generator=self._generator).tolist()
        latent, _ = self.network.encode(spoken)
        tokens = self.network.quantize(latent, books if whole > books // 2 else count)
        return self.network.quantizer.decode(tokens)

    @torch.no_grad()
    def _latents(self) -> Tensor:
        """(frames, channels) of every clip, each as loud as an excerpt may be."""
        whole = [speech.crops([wave], (1, len(wave)), self._generator).to(self._device) for wave in self._waves]
        return torch.cat([self.network.encode(wave)[0][0].T for wave in whole])

    def _share_of_rate(self, step: int) -> float:
        """A cosine down to nothing in each half."""
        begun = step % self._half
        return min(1.0, (begun + 1) / WARM_UP_STEPS) * 0.5 * (1 + math.cos(math.pi * begun / self._half))


def main() -> None:
    parser = argparse.ArgumentParser(description="Trains the pocket codec.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=SHIPPED)
    given = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(given.seed)
    waves = [*speech.recordings(given.data), *speech.spoken()]
    print(f"{sum(map(len, waves)) / speech.RATE:.0f} s of speech in {len(waves)} clips, on {device}", flush=True)
    training = Training(waves, given.steps, device, given.seed)
    begin, distances = time.monotonic(), []
    for number in range(given.steps):
        distances.append(training.step(number))
        done = number + 1
        if done % STEPS_PER_REPORT == 0:
            mean = sum(distances[-STEPS_PER_REPORT:]) / STEPS_PER_REPORT
            print(f"{done} steps, {time.monotonic() - begin:.0f} s: distance {mean:.4f}", flush=True)
        if done % STEPS_PER_CHECKPOINT == 0 or done == given.steps:
            training.save(given.out)


if __name__ == "__main__":
    main()
