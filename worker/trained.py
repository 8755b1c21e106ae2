"""A trained model out of the store, ready to look at pages."""

from safetensors.torch import load_file

from storage import models
from storage.core import Refused, Store
from storage.models import Model
from worker.models import PageModel, build


def load(store: Store, model: Model) -> PageModel:
    """The model in float32 on the CPU; Damaged if its weights are not what was published, Refused if they fit no longer."""
    # The wheel's weights would be overwritten at once.
    built = build(model.base_model, len(model.fields), model.canvas, pretrained=False)
    weights = load_file(models.weights_path(store, model))
    try:
        built.load_state_dict(weights)
    except RuntimeError as error:  # torch's word for other names or shapes
        raise Refused(
            "Model {model} was trained by another version of the program, in which {base_model} is built otherwise. Train it anew",
            model=model.id,
            base_model=model.base_model,
        ) from error
    return built.eval()
