"""The demo's sign-in as a plain Selenium script: selenium_login.py URL USERNAME, password and seed on stdin."""

import base64
import hashlib
import hmac
import os
import shutil
import struct
import sys
import time

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By


def code(seed: str) -> str:
    """The code of this period (RFC 6238: SHA-1, 30 s, 6 digits)."""
    key = base64.b32decode(seed + "=" * (-len(seed) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7FFFFFFF) % 10**6:06}"


def main() -> None:
    url, username = sys.argv[1:]
    password, seed = sys.stdin.read().split()
    options = webdriver.ChromeOptions()
    options.add_argument("--headless")
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")
    # The driver that is installed: no search for one to download.
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        driver.implicitly_wait(10)
        driver.get(url + "/login")
        driver.find_element(By.ID, "username").send_keys(username)
        driver.find_element(By.ID, "password").send_keys(password)
        driver.find_element(By.ID, "sign-in").click()
        driver.find_element(By.NAME, "otp").send_keys(code(seed))
        driver.find_element(By.ID, "verify").click()
        driver.find_element(By.CLASS_NAME, "avatar-menu")
    finally:
        driver.quit()


if __name__ == "__main__":
    main()
