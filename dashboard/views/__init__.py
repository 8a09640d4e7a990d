"""The pages: what stands where. Each has `show(viewer, desk)`; queries and charts live elsewhere."""
