namespace ChunkUpload.Api.Swagger;

/// <summary>The contract's descriptions of parameters in addresses, one for each kind of object.</summary>
internal static class PathParameters
{
    // Matched by the end of the address up to the parameter; the first match is used.
    private static readonly (string End, string Description, string Example)[] All =
    [
        ("/sessions/{id}", "The session's id.", Examples.Id),
        ("/chunks/{offset}", "Where the chunk begins in the file, in bytes.", "0"),
        ("/api/files/{id}", "The file's id; the same as its session's.", Examples.Id),
        ("/api/files/{name}", "The file's name, per cent encoded UTF-8, without / and \\.", "holiday.mp4"),
        ("/files/{id}", "The upload's id.", Examples.Id),
        ("/uploads/{id}", "The upload's id.", Examples.Id),
        ("/uploads/{name}", "The file's name, percent-encoded UTF-8. Several names with / between them are a path in the tree, where the "
            + "file is published.", "holiday.mp4"),
        ("/spaces/{space}", "The space's id.", Examples.Id),
        ("/members/{subject}", "user: or key: and the id.", $"user:{Examples.Id}"),
        ("/tree/{path}", "The names from the root, percent-encoded UTF-8, with / between them.", "2026/report.pdf"),
        ("/entries/{id}", "The entry's id.", Examples.Id),
        ("/versions/{number}", "The version's number, from 1.", "1"),
        ("/trash/{id}", "The entry's id.", Examples.Id),
        ("/moves/{id}", "The move's id.", Examples.Id),
        ("/links/{id}", "The link's id.", Examples.Id),
        ("/sign-ins/{id}", "Of the answer of POST /api/connections/authorize.", Examples.Id),
        ("/connections/{id}", "The connection's id.", Examples.Id),
        ("/transfers/{id}", "The transfer's id.", Examples.Id),
        ("/schedules/{id}", "The schedule's id.", Examples.Id),
        ("/syncs/{id}", "The pair's id.", Examples.Id),
        ("/conflicts/{id}", "The conflict's id.", Examples.Id),
        ("/templates/{id}", "The template's id.", Examples.Id),
        ("/projects/{id}", "The project's id, which is also that of its space.", "8f14e45f-ceea-167a-5a36-dedd4bea2543"),
        ("/folders/{folder}", "The id of the served folder.", "8f14e45f-ceea-167a-5a36-dedd4bea2543"),
        ("/transfers/{transfer}", "The id of the transfer of a file that lies on a device.", "8f14e45f-ceea-167a-5a36-dedd4bea2543"),
        ("/batches/{batch}", "The id of the request for several files.", "8f14e45f-ceea-167a-5a36-dedd4bea2543"),
        ("/invitations/{invitation}", "The invitation's id.", "8f14e45f-ceea-167a-5a36-dedd4bea2543"),
        ("/devices/{id}", "The device's id.", "8f14e45f-ceea-167a-5a36-dedd4bea2543"),
        ("/webhooks/{id}", "The webhook's id.", Examples.Id),
        ("/deliveries/{delivery}", "The delivery's id.", Examples.Id),
        ("/nodes/{name}", "The node's name (Cluster:Node).", "a"),
        ("/jobs/{name}", "The job's name.", "purge-stale-sessions"),
        ("/tenants/{name}", "The tenant's name.", "acme"),
        ("/memberships/{tenant}", "The tenant's name.", "default"),
        ("/key-requests/{code}", "The code that the program shows; only its letters count.", "WDJB-MJHT"),
        ("/limits/{scope}", "tenant, user, key, default, or service.", "user"),
        ("/limits/{scope}/{id}", "The tenant's name, or the id of a user or a key. Of a default: tenant, user, key, address or upload. "
            + "Of service: all.", Examples.Id),
        ("/{id}", "The id.", Examples.Id),
    ];

    public static IEnumerable<EndpointDoc.Parameter> Of(string address)
    {
        var path = "/" + address.Replace("{**", "{", StringComparison.Ordinal);
        for (var end = path.IndexOf('}'); end >= 0; end = path.IndexOf('}', end + 1))
        {
            var until = path[..(end + 1)];
            var (_, description, example) = All.First(one => until.EndsWith(one.End, StringComparison.Ordinal));
            yield return new EndpointDoc.Parameter(path[(path.LastIndexOf('{', end) + 1)..end], description, example, Required: true)
            {
                IsNumber = until.EndsWith("/chunks/{offset}", StringComparison.Ordinal)
                    || until.EndsWith("/versions/{number}", StringComparison.Ordinal),
            };
        }
    }
}
