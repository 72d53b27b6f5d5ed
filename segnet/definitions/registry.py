"""The definitions, the strict one first. A new one is a function and an entry here."""

from __future__ import annotations

from segnet.definitions import other_labels, over_dataset, over_images
from segnet.definitions.evidence import Definition

MASKS = "masks, not only counts"
OF_32 = "CamVid's 32 classes"

STRICT = Definition(
    "strict",
    "one matrix over the split, classes in truth or prediction",
    "VOC devkit; mmsegmentation IoUMetric; every table here",
    "which images are hard; rare classes count as much as Road",
    over_dataset.strict_miou,
)

DEFINITIONS: tuple[Definition, ...] = (
    STRICT,
    Definition(
        "image-either",
        "mean over images, classes in truth or prediction",
        "torchmetrics 1.9 functional mean_iou without void",
        "a class in few images counts little",
        over_images.classes_of_either_map,
    ),
    Definition(
        "image-truth",
        "mean over images, classes in the truth",
        "per-image scores as in Csurka et al., BMVC 2013",
        "false positives of classes that are not in the image",
        over_images.classes_of_the_truth,
    ),
    Definition(
        "image-zero",
        "mean over images, absent classes 0",
        "torchmetrics' old jaccard_index, absent_score 0, image by image",
        "even a perfect prediction is far from 1",
        over_images.absent_is_zero,
    ),
    Definition(
        "image-one",
        "mean over images, absent classes 1",
        "smp.metrics, reduction 'macro-imagewise'",
        "every class that is rightly not there is a point for nothing",
        over_images.absent_is_one,
    ),
    *(
        Definition(
            f"batch-{size}",
            f"mean over batches of {size}",
            "loops that average a metric over batches",
            "depends on the batch size and the order of the images",
            over_images.batches(size),
        )
        for size in (1, 4, 8, 16)
    ),
    Definition(
        "classes-first",
        "per class over images, then over classes",
        "mIoU^C of arXiv 2310.19252",
        "a few pixels of a class in an image weigh as much as many",
        over_images.classes_first,
    ),
    Definition(
        "micro",
        "all classes in one ratio",
        "smp.metrics, reduction 'micro': 'dataset_iou' of its examples",
        "rare classes: Road and Sky decide",
        over_dataset.micro,
    ),
    Definition(
        "image-micro",
        "all classes in one ratio, mean over images",
        "smp.metrics, reduction 'micro-imagewise': 'per_image_iou' of its examples",
        "rare classes: Road and Sky decide",
        over_dataset.micro_of_images,
    ),
    Definition(
        "void-class",
        "void scored as a class (12 on CamVid)",
        "ND15/SegNet-tensorflow-2 and others that train void",
        "whether void, which has no meaning, is drawn alike",
        over_dataset.void_as_class,
        MASKS,
    ),
    Definition(
        "void-unscored",
        "pixels predicted as void left out",
        "compute_test_results.m of SegNet-Tutorial",
        "a network may leave out what it does not know",
        over_dataset.where_void_is_not_predicted,
    ),
    Definition(
        "half",
        "labels and predictions at 1/2, nearest",
        "networks scored at their training size",
        "thin classes and boundaries",
        other_labels.labels_at("half"),
        MASKS,
    ),
    Definition(
        "quarter",
        "labels and predictions at 1/4, nearest",
        "networks scored at their training size",
        "thin classes and boundaries",
        other_labels.labels_at("quarter"),
        MASKS,
    ),
    Definition(
        "bilinear",
        "labels at 1/2, interpolated as a picture",
        "karolcymerys/oxford-iiit-pets-segmentation (torchvision Resize), ND15 (cv2.resize)",
        "labels that nobody drew along every boundary",
        other_labels.labels_at("bilinear"),
        MASKS,
    ),
    Definition(
        "truth-classes",
        "classes in the truth only, even if others are predicted",
        "kazuto1011/deeplab-pytorch",
        "false positives of classes that are not in the split",
        over_dataset.true_classes_only,
    ),
    Definition(
        "absent-zero",
        "absent classes 0",
        "compute_test_results.m of SegNet-Tutorial",
        "the ceiling: classes that are not there cannot be right",
        over_dataset.absent_is_zero,
    ),
    Definition(
        "absent-one",
        "absent classes 1",
        "smp.metrics, reduction 'macro', as zero_division is 1",
        "classes that are not there are right for nothing",
        over_dataset.absent_is_one,
    ),
    Definition(
        "no-background",
        "without the background",
        "include_background=False of torchmetrics and MONAI",
        "the class that is easiest, or what was missed",
        over_dataset.without_background,
        "a class 'background'",
    ),
    Definition(
        "image-void",
        "mean over images, void one of the classes",
        "torchmetrics 1.9 functional mean_iou, which has no ignore_index",
        "whether void is drawn alike, and classes in few images",
        over_images.void_is_a_class,
        MASKS,
    ),
    Definition(
        "torchmetrics",
        "mean over pairs of image and class, void a class",
        "torchmetrics 1.9 segmentation.MeanIoU, which has no ignore_index",
        "whether void is drawn alike, and classes in few images",
        over_images.pooled_with_void,
        MASKS,
    ),
    Definition(
        "dice-ratio",
        "2 sum(p y) / sum(p + y) over all classes, batches of 8",
        "'mIoU' of karolcymerys/oxford-iiit-pets-segmentation at 704ed84",
        "everything but the share of right pixels",
        over_images.dice_ratio_of_batches,
    ),
    Definition(
        "validation",
        "validation split instead of test",
        "AntonioConsiglio/SemSeg; many CamVid tables",
        "the images on which the checkpoint was chosen",
        other_labels.validation,
        "predictions for validation: --validation FOLDER",
    ),
    Definition(
        "32-to-11",
        "32 classes merged into 11",
        "camvidPixelLabelIDs of MathWorks' SegNet example",
        "confusions within a group",
        other_labels.merged_into_eleven,
        OF_32,
    ),
    Definition(
        "11-of-32",
        "11 of the 32 classes, the others void",
        "XuJiacong/PIDNet datasets/camvid.py; ydhongHIT/DDRNet issue 25",
        "the pixels of 21 classes, the hard ones",
        other_labels.eleven_of_the_32,
        OF_32,
    ),
    Definition(
        "f1",
        "F1 (Dice) of each class instead of IoU",
        "mDice, mFscore of mmsegmentation; nnU-Net's Dice",
        "nothing, but it is another number: 2 IoU / (1 + IoU)",
        over_dataset.mean_f1,
    ),
    Definition(
        "fwiou",
        "classes weighted by frequency",
        "'fwavacc' of FCN's score.py",
        "rare classes",
        over_dataset.frequency_weighted,
    ),
    Definition(
        "class-accuracy",
        "C: mean recall",
        "'class avg' of the SegNet paper",
        "false positives",
        over_dataset.class_accuracy,
    ),
    Definition(
        "pixel-accuracy",
        "G: share of right pixels",
        "'global' of the SegNet paper",
        "rare classes",
        over_dataset.pixel_accuracy,
    ),
)
