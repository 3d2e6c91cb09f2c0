namespace ChunkUpload.Api.Swagger;

/// <summary>The contract's texts outside its operations.</summary>
internal static class ContractText
{
    public const string Introduction = $"""
        Receives large files over bad networks and never loses a byte it has acknowledged.

        **One request:** `curl -T FILE -H "Authorization: Bearer KEY" {ContractDocument.SampleAddress}/api/files/`

        **In chunks:** create a session; send chunks in any order, several at a time, each with its SHA-256; ask the session what is
        missing whenever something broke; complete it; download the file.

        **With a tus client:** point it at {ContractDocument.SampleAddress}/files.

        Every answer that is not a success is `application/problem+json` with a stable `code`, whether the same request may be repeated
        (`retryable`, `retryAfterMs`), and the `requestId` under which the log has it. While the upload continues, `advice` says what to
        send next. Answers without a body carry the code as `X-Error-Code`. `HEAD` answers wherever `GET` does, with the same headers.
        Lists are pages: `items` and `nextCursor`. Times are ISO 8601 in UTC.
        """;

    public static IReadOnlyList<(string Name, string Description)> Tags { get; } =
    [
        ("Sessions", "Uploads of files in verified chunks."),
        ("Chunks", "The bytes of a session."),
        ("Files", "Finished files by their ids, and uploads in one request."),
        ("Tree", "Files at paths: folders, names, copies, the trash, and what has changed."),
        ("Links", "Secret addresses that let people without a key upload or download files."),
        ("tus", "Uploads by tus 1.0."),
        ("Advisor", "What to send next, and why."),
        ("Jobs", "Maintenance work of the service."),
        ("Nodes", "The services that share a ledger."),
        ("People", "Users, their memberships, and the browsers that are signed in."),
        ("Keys", "Keys for programs."),
        ("Tenants", "Apps, teams or companies whose files, users and keys are apart."),
        ("Webhooks", "Addresses to which the service sends events."),
        ("Connections", "Accounts of other storages."),
        ("Transfers", "Files that the service moves between its own and other storages, also after a restart."),
        ("Projects", "Team spaces with devices: what the devices of members serve."),
        ("Devices", "Computers on which an agent serves or receives files."),
        ("Pairs", "Folders that are kept in sync."),
        ("Operations", "Health and metrics."),
    ];
}
