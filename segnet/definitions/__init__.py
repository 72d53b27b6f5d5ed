"""What people have called mIoU: each definition one function of counts. No torch."""
