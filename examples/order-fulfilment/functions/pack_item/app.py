"""Packs one item; the Map state calls it once per item, two at a time."""


def handler(event, context):
    item = event["item"]
    print("packing %s x %d for %s" % (item["article"], item["count"], event["reference"]))
    return {"parcel": event["number"] + 1,
            "label": "%s: %d x %s" % (event["reference"], item["count"], item["article"])}
