"""Order to cash: two sets of documents, matched and explained."""
