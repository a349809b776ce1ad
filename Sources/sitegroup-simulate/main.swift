print("sitegroup-simulate")
