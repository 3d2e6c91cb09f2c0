namespace ChunkUpload.Api.Swagger;

/// <summary>Parts of the worked examples: one file of 20 MiB that is used in the whole contract.</summary>
internal static class Examples
{
    public const string Id = "8f14e45fceea167a5a36dedd4bea2543";
    public const string Sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    public const string Digest = "sha-256=:n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=:";
    public const string Location = $"/api/sessions/{Id}";

    public const string Advice = """
        {"chunkSize":917504,"range":[655360,1245184],"concurrency":4,"retryDelayMs":[125,250],"stallTimeoutMs":5000,"probeAfterMs":1131,
         "confidence":"medium","validForMs":20000,"silentMs":null,"why":{"throughputBps":8000000,"deadTimeMs":200,"mtbfSeconds":42.9,
         "mtbf90":[23.8,98.2],"targetSeconds":0.9,"limitedBy":"failure-rate","expectedOverheadPct":11.3,
         "text":"8 Mbit/s, 200 ms lost per request, about one break per 43 s: chunks of 0.9 s, 4 at a time,
        """ + " balance what a request costs against sending again.\"}}";

    public const string NewSession = """
        {"fileName":"holiday.mp4","size":20971520,"contentType":"video/mp4","metadata":{"album":"Summer"},"expiresInSeconds":86400}
        """;

    public const string File = $$"""
        {"id":"{{Id}}","name":"holiday.mp4","size":20971520,"sha256":"{{Sha256}}","contentType":"video/mp4","metadata":{"album":"Summer"},
         "contentUrl":"/api/files/{{Id}}/content","createdAt":"2026-01-15T09:30:00.000Z","completedAt":"2026-01-15T09:30:12.500Z",
         "expiresAt":null}
        """;

    public const string CheckedFile = $$"""
        {"id":"{{Id}}","name":"holiday.mp4","state":"checking","size":20971520,"sha256":"{{Sha256}}","contentType":"video/mp4",
         "metadata":{"album":"Summer"},"contentUrl":"/api/files/{{Id}}/content","createdAt":"2026-01-15T09:30:00.000Z",
         "completedAt":"2026-01-15T09:30:12.500Z","expiresAt":null}
        """;

    public const string FiledFile = $$"""
        {"id":"{{Id}}","name":"holiday.mp4","size":20971520,"sha256":"{{Sha256}}","contentType":"video/mp4","metadata":{"album":"Summer"},
         "contentUrl":"/api/files/{{Id}}/content","createdAt":"2026-01-15T09:30:00.000Z","completedAt":"2026-01-15T09:30:12.500Z",
         "expiresAt":null,"places":["2026/holiday.mp4"]}
        """;

    public const string FilePlace = """
        {"path":"2026/holiday.mp4","parents":true}
        """;

    public const string Entry = $$"""
        {"id":"{{Id}}","kind":"file","name":"report.pdf","path":"2026/report.pdf","size":20971520,"sha256":"{{Sha256}}",
         "modifiedAt":"2026-01-15T09:30:12.25Z","mode":"0644","revision":1,"version":1,"fileId":"{{Id}}","owner":"operator",
         "createdAt":"2026-01-15T09:30:12.500Z","contentUrl":"/api/entries/{{Id}}/content"}
        """;

    public const string Folder = $$"""
        {"folder":{"id":"{{Id}}","kind":"folder","name":"2026","path":"2026","size":null,"sha256":null,
         "modifiedAt":"2026-01-15T09:30:12.25Z","mode":null,"revision":1,"version":null,"fileId":null,"owner":"operator",
         "createdAt":"2026-01-15T09:30:12.500Z","contentUrl":null},"items":[{{Entry}}],"nextCursor":null}
        """;

    public const string EntryChange = """
        {"path":"archive/2026/report.pdf","parents":true}
        """;

    public const string CopyOrMove = """
        {"from":"2026/report.pdf","to":"2026/copy.pdf","conflict":"rename"}
        """;

    public const string Move = $$"""
        {"id":"{{Id}}","state":"running","folder":"{{Id}}","moved":500,"leftOut":0,"startedAt":"2026-01-16T10:00:00.000Z","endedAt":null}
        """;

    public const string MemberLine = $$"""
        {"path":"2026/report.pdf","outcome":"created","id":"{{Id}}","fileId":"{{Id}}"}
        """;

    public const string CheckLine = $$"""
        {"path":"2026/report.pdf","size":20971520,"modifiedAt":"2026-01-15T09:30:12.25Z","sha256":"{{Sha256}}"}
        """;

    public const string CheckedLine = $$"""
        {"path":"2026/report.pdf","state":"differs","why":["time"],"id":"{{Id}}"}
        """;

    public const string TrashItem = $$"""
        {"id":"{{Id}}","version":null,"kind":"file","name":"report.pdf","path":"2026/report.pdf","size":20971520,
         "modifiedAt":"2026-01-15T09:30:12.25Z","fileId":"{{Id}}","removedAt":"2026-01-16T10:00:00.000Z","removedBy":"operator",
         "expiresAt":"2026-01-23T10:00:00.000Z"}
        """;

    public const string Restore = """
        {"path":"rescued/report.pdf","conflict":"rename"}
        """;

    public const string Changes = $$"""
        {"items":[{"number":7,"at":"2026-01-15T09:30:12.500Z","kind":"created","by":"operator","entry":{{ChangedEntry}} }],
         "cursor":"eyJzb3J0IjoiY2hhbmdlcyJ9","more":false,"reset":false,"generation":1}
        """;

    public const string Space = $$"""
        {"id":"{{Id}}","kind":"shared","name":"Files","owner":null,"canChange":true,"entries":7,"bytes":20971520}
        """;

    public const string OpenSession = $$"""
        {{{OpenBody}},"missing":[{"offset":8388608,"length":12582912}],"advice":{{Advice}}}
        """;

    public const string SessionItem = $$"""
        {{{OpenBody}},"advice":{{Advice}}}
        """;

    public const string CompletedSession = $$"""
        {"id":"{{Id}}","state":"completed","stateAt":"2026-01-15T09:30:12.500Z","stateReason":null,"protocol":"session","priority":"normal",
         "owner":"user:{{Id}}","userAgent":"curl/8.14.1","fileName":"holiday.mp4","name":"holiday.mp4","contentType":"video/mp4",
         "size":20971520,
         "sha256":"{{Sha256}}","metadata":{"album":"Summer"},"receivedBytes":20971520,"missingBytes":0,"percent":100,
         "speed":{"current":null,"average":1747626.7,
         "peak":2097152},"eta":null,"etaSeconds":null,"missing":[],"chunkCount":3,"attemptCount":3,"failures":{"count":0,"consecutive":0,
         "lostBytes":0,"keptBytes":0,"last":[]},"merge":{"placedBytes":20971520,"percent":100},"codings":[],"advice":null,
         "createdAt":"2026-01-15T09:30:00.000Z",
         "firstByteAt":"2026-01-15T09:30:00.100Z","lastByteAt":"2026-01-15T09:30:12.100Z","completedAt":"2026-01-15T09:30:12.500Z",
         "expiresAt":null,"contentUrl":"/api/files/{{Id}}/content","file":{{File}}}
        """;

    public const string Receipt = $$"""
        {"offset":0,"length":8388608,"sha256":"{{Sha256}}","receivedBytes":8388608,"missingBytes":12582912,"advice":{{Advice}}}
        """;

    public const string Chunk = $$"""
        {"offset":0,"length":8388608,"sha256":"{{Sha256}}","attempts":1,"startedAt":"2026-01-15T09:30:00.100Z",
         "receivedAt":"2026-01-15T09:30:04.900Z"}
        """;

    private const string ChangedEntry = $$"""
        {"id":"{{Id}}","parent":"{{Id}}","name":"report.pdf","kind":"file","revision":1,"version":1,"size":20971520,"sha256":"{{Sha256}}",
         "modifiedAt":"2026-01-15T09:30:12.25Z","mode":"0644","fileId":"{{Id}}"}
        """;

    private const string OpenBody = $$"""
        "id":"{{Id}}","state":"open","stateAt":"2026-01-15T09:30:00.000Z","stateReason":null,"protocol":"session","priority":"normal",
         "owner":"user:{{Id}}","userAgent":"curl/8.14.1","fileName":"holiday.mp4","contentType":"video/mp4","size":20971520,"sha256":null,
         "metadata":{"album":"Summer"},
         "receivedBytes":8388608,"missingBytes":12582912,"percent":40,"speed":{"current":1747626.7,"average":1747626.7,"peak":2097152},
         "eta":"2026-01-15T09:30:12.100Z","etaSeconds":7.2,"chunkCount":1,"attemptCount":1,"failures":{"count":0,"consecutive":0},
         "merge":{"placedBytes":8388608,"percent":40},"codings":["br","gzip"],"createdAt":"2026-01-15T09:30:00.000Z",
         "firstByteAt":"2026-01-15T09:30:00.100Z","lastByteAt":"2026-01-15T09:30:04.900Z","completedAt":null,
         "expiresAt":"2026-01-16T09:30:04.900Z"
        """;

    public static string Page(string item, string? cursor = null) =>
        $$"""{"items":[{{item}}],"nextCursor":{{(cursor is null ? "null" : $"\"{cursor}\"")}}}""";
}
