import json
from hypothesis import HealthCheck, given, settings, strategies as st
from catalog_api.wire.dataset import DatasetIn
from catalog_api.wire.lifecycle import LifecycleIn
from catalog_api.wire.obsolete import SINGULAR
from tests.api.bodies import *
names=[f.alias for f in DatasetIn.model_fields.values()]+list(SINGULAR)+["history","_id","x"]
life=[f.alias for f in LifecycleIn.model_fields.values()]
leaf=st.none()|st.booleans()|st.integers(-2**63,2**63-1)|st.floats(allow_nan=False,allow_infinity=False)|st.text(max_size=6)|st.sampled_from(["raw","derived","custom","2026-01-01T00:00:00Z","a@b.c","{}",'{"type":"object"}',"datasetCreated","mm","kg"])
J=st.recursive(leaf,lambda i: st.lists(i,max_size=3)|st.dictionaries(st.sampled_from(["value","unit","v","u","valueSI","pid","name","identifier","relationship","a.b","$x",""]+life)|st.text(max_size=3),i,max_size=4),max_leaves=8)
body=st.dictionaries(st.sampled_from(names),J,max_size=6)
@settings(max_examples=1200,deadline=None,suppress_health_check=list(HealthCheck))
@given(method=st.sampled_from(["post","patch","merge","put","isValid","life","append","fullquery","list","facet"]),version=st.sampled_from(["v3","v4"]),b=body,whole=st.booleans(),l=st.dictionaries(st.sampled_from(life),J,max_size=4),any_=J)
def test_fuzz(admin, method,version,b,whole,l,any_):
    base=dataset_v3() if version=="v3" else dataset()
    admin.post("/api/v4/datasets",json=dataset())
    sent={**base,**b} if whole else b
    u=path(version=version)
    try: json.dumps(sent).encode()
    except Exception: return
    H={"content-type":"application/merge-patch+json"}
    if method=="post": r=admin.post(f"/api/{version}/datasets",content=json.dumps({**sent,"pid":None}))
    elif method=="isValid": r=admin.post(f"/api/{version}/datasets/isValid",content=json.dumps(sent))
    elif method=="patch": r=admin.patch(u,content=json.dumps(sent),headers={"content-type":"application/json"})
    elif method=="merge": r=admin.patch(u,content=json.dumps(sent),headers=H)
    elif method=="put": r=admin.put(u,content=json.dumps({k:v for k,v in sent.items() if k not in("pid","type")}),headers={"content-type":"application/json"})
    elif method=="life": r=admin.patch(path(PID,"datasetlifecycle",version=version),content=json.dumps(l),headers={"content-type":"application/json"})
    elif method=="append": r=admin.post(path(PID,"appendToArrayField",version="v3"),params={"fieldName":next(iter(b),"keywords"),"data":json.dumps(any_)})
    elif method=="fullquery": r=admin.get("/api/v3/datasets/fullquery",params={"fields":json.dumps(b),"limits":json.dumps(any_)})
    elif method=="facet": r=admin.get(f"/api/{version}/datasets/fullfacet",params={"fields":json.dumps(b),"facets":json.dumps(list(b)),"include":json.dumps(any_)})
    else: r=admin.get(f"/api/{version}/datasets",params={"filter":json.dumps({"where":b,"include":any_ if whole else ["all"],"fields":list(b)})})
    assert r.status_code in (200,201,400,403,409,412),(method,version,r.status_code,r.text,sent,l,any_)
    if r.status_code==200: 
        g=admin.get(path(version=version)); assert g.status_code==200,(g.text)
