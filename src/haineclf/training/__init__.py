"""From a pretrained encoder to the model that ships: bootstrap, fine-tune, distil, export, calibrate."""
