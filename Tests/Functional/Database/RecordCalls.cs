namespace ChunkUpload.Tests.Functional.Database;

/// <summary>Calls that record several uploads of 10 bytes, for <see cref="LedgerPlan"/>.</summary>
internal static class RecordCalls
{
    public const string Create = $"select create_uploads(1, {Uploads});";

    public const string Complete = $"select complete_streams(1, @Ids, array_fill(0::bigint, @Count), array_fill(10::bigint, @Count), {Files});";

    public const string CreateThenComplete = Create + Complete;

    public const string CreateComplete = $"select create_complete_streams(1, {Uploads}, {Files})";

    private const string Uploads = """
        @Ids, array_fill('t'::text, @Count), array_fill('s'::text, @Count), array_fill('tus'::text, @Count), array_fill('f'::text, @Count),
        array_fill('x'::text, @Count), array_fill('{}'::text, @Count), array_fill('{}'::text, @Count), array_fill(false, @Count),
        array_fill(true, @Count), array_fill(10::bigint, @Count), array_fill(10::bigint, @Count)
        """;

    private const string Files = "array(select gen_random_uuid() from generate_series(1, @Count[1])), 2::smallint, array_fill(sha256('x'), @Count)";

    public static object Of(int count) => new { Ids = Enumerable.Range(0, count).Select(_ => Guid.NewGuid()).ToArray(), Count = new[] { count } };
}
