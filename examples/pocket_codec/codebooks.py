"""Fits codebooks to what an encoder gives: where it varies most, entries at the centres of what is found there.

Sources: Jegou et al., Product Quantization for Nearest Neighbor Search, 2011 (entries by k-means); Zeghidour et al.,
SoundStream, 2021, algorithm 1 (each codebook on what those before it leave over).
"""

from __future__ import annotations

import torch
from torch import Tensor

from codecmark.nn.rvq import FactorisedCodebook, ResidualVQ

ROUNDS = 15


@torch.no_grad()
def fit(quantizer: ResidualVQ, latents: Tensor, generator: torch.Generator) -> None:
    """Fills every codebook, each `FactorisedCodebook`, from (frames, channels) and what those before it leave over."""
    residual = latents
    for book in quantizer.codebooks:
        assert isinstance(book, FactorisedCodebook)
        mean = residual.mean(dim=0)
        widest = _widest(residual - mean, book.embed.shape[1])
        book.project_in.weight.copy_(widest.T)
        book.project_in.bias.copy_(-mean @ widest)
        book.project_out.weight.copy_(widest)
        book.project_out.bias.copy_(mean)
        book.embed.copy_(_centres(book.project_in(residual), book.size, generator))
        residual = residual - book.entries(book.nearest(residual))


def _widest(vectors: Tensor, count: int) -> Tensor:
    """The directions of most variance, (dimension, count)."""
    directions: Tensor = torch.linalg.eigh(vectors.T @ vectors)[1]
    return directions[:, -count:]


def _centres(vectors: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """k-means from some of the vectors; a centre that nothing is nearest to stays where it is."""
    some = torch.randperm(len(vectors), generator=generator)[:count]
    centres = vectors[some.to(vectors.device)]
    for _ in range(ROUNDS):
        nearest = torch.cdist(vectors, centres).argmin(dim=1)
        calls = torch.zeros(count, device=vectors.device).index_add_(0, nearest, torch.ones_like(vectors[:, 0]))
        sums = torch.zeros_like(centres).index_add_(0, nearest, vectors)
        centres = torch.where(calls[:, None] > 0, sums / calls[:, None].clamp(min=1), centres)
    return centres
