def show(viewer, desk):
    import streamlit as st
    st.write("todo")
