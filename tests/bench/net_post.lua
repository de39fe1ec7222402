-- wrk: POST a body of 1.9 kB, the size of a typical AdmissionReview.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"padding":"' .. string.rep("x", 1886) .. '"}'
