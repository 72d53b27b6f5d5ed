"""Whether a network can learn four images by heart: whatever blocks that is a bug."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from segnet.conforming.finding import Outcome, check, told_by
from segnet.conforming.subject import Scene, Subject, colored_blocks, follow_gradient, logits_of

WANTED = 0.95
RATES = (1e-3, 1e-2)
"""Adam's. Wide networks learn at the first, narrow ones at the second."""
STEPS = 120
CHECKED_EVERY = 10


@check(f"four images are learnt by heart to more than {100 * WANTED:.0f} % mIoU")
def overfitting(subject: Subject) -> Outcome:
    """MIoU of four images of coloured blocks after at most 120 steps."""
    scene = colored_blocks(subject.num_classes)
    best, steps, rate = 0.0, 0, RATES[0]
    for tried in RATES:
        if best <= WANTED:
            best, steps, rate = max((best, steps, rate), _learn(subject.build(), scene, tried))
    return told_by(best > WANTED, f"{100 * best:.1f} % after {steps} steps of Adam at {rate:g}")


def _learn(network: nn.Module, scene: Scene, rate: float) -> tuple[float, int, float]:
    """The best mIoU in evaluation mode, after how many steps, and at which rate."""
    optimizer = torch.optim.Adam(network.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=STEPS)
    best = (0.0, 0, rate)
    for step in range(1, STEPS + 1):
        network.train()
        loss = F.cross_entropy(logits_of(network, scene.images), scene.targets)
        optimizer.zero_grad()
        follow_gradient(loss)
        optimizer.step()
        schedule.step()
        if step % CHECKED_EVERY == 0:
            best = max(best, (_miou(network, scene), step, rate))
            if best[0] > WANTED:
                break
    return best


def _miou(network: nn.Module, scene: Scene) -> float:
    with torch.inference_mode():
        found = logits_of(network.eval(), scene.images).argmax(1)
    scores = []
    for label in sorted(set(scene.targets.flatten().tolist())):
        true, guessed = scene.targets == label, found == label
        scores.append(float((true & guessed).sum() / (true | guessed).sum()))
    return sum(scores) / len(scores)
