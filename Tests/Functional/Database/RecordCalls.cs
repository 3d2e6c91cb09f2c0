namespace ChunkUpload.Tests.Functional.Database;

/// <summary>Calls that record several uploads of 10 bytes, for <see cref="LedgerPlan"/>.</summary>
internal static class RecordCalls
{
    public const string Create = $"select create_uploads(1, {Uploads});";

    public const string Complete = $"select record_streams(1, '[]', {Checkpoints});";

    public const string CreateThenComplete = Create + Complete;

    public const string CreateComplete = $"select record_streams(1, {CompleteUploads}, {Checkpoints})";

    private const string Uploads = $"(select json_agg(json_build_object({Columns})) from unnest(@Ids) id)";

    private const string CompleteUploads = $"(select json_agg(json_build_object({Columns}, 'sha256', sha256('x'))) from unnest(@Ids) id)";

    private const string Columns = """
        'id', id, 'tenant', 't', 'subject', 's', 'protocol', 'tus', 'file_name', 'f', 'content_type', 'x', 'metadata', '{}'::text,
        'protocol_state', '{}'::text, 'is_part', false, 'slides', true, 'size', 10, 'idle_allowance', 10
        """;

    private const string Checkpoints = """
        (select json_agg(row(id, 0, 0, 10, gen_random_uuid(), 0, 1, ''::bytea, sha256('x'), true, null)::stream_checkpoint)
            from unnest(@Ids) id)
        """;

    public static object Of(int count) => new { Ids = Enumerable.Range(0, count).Select(_ => Guid.NewGuid()).ToArray() };
}
