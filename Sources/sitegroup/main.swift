print("sitegroup")
