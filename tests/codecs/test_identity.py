"""Identity sends every bit and gives every bit back."""

from __future__ import annotations

import numpy as np

from codecmark import Audio, Resources
from codecmark.codecs.identity import PLUGIN


def test_equal_to_the_last_bit_also_in_a_batch_of_several_rates() -> None:
    rng = np.random.default_rng(0)
    clips = [Audio(rng.standard_normal(rate // 10), rate) for rate in (8000, 16000, 44100)]
    codec = PLUGIN.open(PLUGIN.settings[0], Resources())
    sent = codec.encode(clips)
    decoded = codec.decode(sent[::-1])
    assert [audio.sha256 for audio in decoded] == [clip.sha256 for clip in clips[::-1]]
    assert [encoded.bits for encoded in sent] == [32 * clip.num_samples for clip in clips]
