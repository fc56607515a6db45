"""Residual vector quantization: each codebook says what the ones before it left over."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from codecmark.nn import random_weights


class Codebook(nn.Module):
    """Entries (size, dimension); a vector is sent as the number of the entry nearest to it."""

    def __init__(self, size: int, dimension: int) -> None:
        super().__init__()
        self.embed = nn.Parameter(torch.zeros(size, dimension))

    @property
    def size(self) -> int:
        return len(self.embed)

    def nearest(self, vectors: Tensor) -> Tensor:
        """(..., dimension) to (...): least squared distance, where the vector's own length makes no difference."""
        return (vectors @ self.embed.T - self.embed.square().sum(dim=1) / 2).argmax(dim=-1)

    def entries(self, tokens: Tensor) -> Tensor:
        """(...) to (..., dimension)."""
        return self.embed[tokens]

    def draw(self, vectors: Tensor, generator: torch.Generator) -> None:
        """Takes entries from vectors (many, dimension), for a network of random weights."""
        self.embed.copy_(random_weights.drawn(vectors, self.size, generator))


class FactorisedCodebook(Codebook):
    """Entries looked up in few dimensions: vectors are brought into those, and entries out of them, linearly.

    Source: Yu et al., Vector-quantized Image Modeling with Improved VQGAN, 2022, section 3.2.
    """

    def __init__(self, size: int, dimension: int, looked_up_in: int) -> None:
        super().__init__(size, looked_up_in)
        self.project_in = nn.Linear(dimension, looked_up_in)
        self.project_out = nn.Linear(looked_up_in, dimension)

    def nearest(self, vectors: Tensor) -> Tensor:
        return super().nearest(self.project_in(vectors))

    def entries(self, tokens: Tensor) -> Tensor:
        entries: Tensor = self.project_out(super().entries(tokens))
        return entries

    def draw(self, vectors: Tensor, generator: torch.Generator) -> None:
        super().draw(self.project_in(vectors), generator)


class ResidualVQ(nn.Module):
    """Codebooks one after the other, each on what is left; any first ones of them make a coarser code.

    Source: Zeghidour et al., SoundStream, 2021, algorithm 1.
    """

    def __init__(self, *codebooks: Codebook) -> None:
        super().__init__()
        self.codebooks = nn.ModuleList(codebooks)

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(book.size for book in self._books())

    def encode(self, latent: Tensor, codebooks: int) -> Tensor:
        """(clips, channels, frames) to tokens (clips, codebooks, frames) of the first `codebooks`."""
        residual, tokens = latent.transpose(1, 2), []
        for book in self._books()[:codebooks]:
            tokens.append(book.nearest(residual))
            residual = residual - book.entries(tokens[-1])
        return torch.stack(tokens, dim=1)

    def decode(self, tokens: Tensor, first: int = 0) -> Tensor:
        """Tokens (clips, codebooks, frames), of the codebooks from `first` on, to (clips, channels, frames)."""
        books = self._books()[first:]
        parts = [book.entries(row) for book, row in zip(books, tokens.unbind(dim=1), strict=False)]
        return torch.stack(parts).sum(dim=0).transpose(1, 2)

    def draw(self, latent: Tensor, generator: torch.Generator) -> None:
        """Fills every codebook from what (clips, channels, frames) and those before it leave over."""
        residual = latent.transpose(1, 2).flatten(0, 1)
        for book in self._books():
            book.draw(residual, generator)
            residual = residual - book.entries(book.nearest(residual))

    def _books(self) -> list[Codebook]:
        return list(self.codebooks)  # type: ignore[arg-type]


class GroupResidualVQ(nn.Module):
    """The channels in groups, each with a `ResidualVQ` of its own; all are needed, no prefix is a coarser code.

    Tokens stand stage by stage: the first codebooks of all groups, then the second ones.
    Source: Yang et al., HiFi-Codec: Group-residual Vector Quantization, 2023, algorithm 1.
    """

    def __init__(self, *groups: ResidualVQ) -> None:
        super().__init__()
        self.groups = nn.ModuleList(groups)

    @property
    def sizes(self) -> tuple[int, ...]:
        stages = zip(*(group.sizes for group in self._groups()), strict=True)
        return tuple(size for stage in stages for size in stage)

    def encode(self, latent: Tensor) -> Tensor:
        """(clips, channels, frames) to tokens (clips, stages * groups, frames)."""
        parts = latent.chunk(len(self.groups), dim=1)
        tokens = [group.encode(part, len(group.sizes)) for group, part in zip(self._groups(), parts, strict=True)]
        return torch.stack(tokens, dim=2).flatten(1, 2)

    def decode(self, tokens: Tensor) -> Tensor:
        """Tokens (clips, stages * groups, frames) to (clips, channels, frames)."""
        clips, _, frames = tokens.shape
        by_group = tokens.reshape(clips, -1, len(self.groups), frames).unbind(dim=2)
        return torch.cat([group.decode(part) for group, part in zip(self._groups(), by_group, strict=True)], dim=1)

    def draw(self, latent: Tensor, generator: torch.Generator) -> None:
        """Fills every codebook, as `ResidualVQ.draw`."""
        for group, part in zip(self._groups(), latent.chunk(len(self.groups), dim=1), strict=True):
            group.draw(part, generator)

    def _groups(self) -> list[ResidualVQ]:
        return list(self.groups)  # type: ignore[arg-type]
