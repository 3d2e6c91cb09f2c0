namespace ChunkUpload.Infrastructure.Tree;

/// <summary>Statements on the versions of files and on the policies that keep earlier ones.</summary>
internal static class VersionQueries
{
    /// <summary>
    /// The maximum number of earlier contents of the whole service that <see cref="SpaceTotals"/> examines, because no index contains those
    /// of one space.
    /// </summary>
    public const int MostExamined = 5000;

    private const string Columns = """
        select v.number, v.upload, v.size, v.sha256, v.modified_ns, v.subject, v.created_at, v.label, v.until, v.loser,
               j.leaves - least(j.leaves, service_seconds()) as leaves_in, u.user_agent, u.protocol
        from entry_versions v
        join uploads u on u.id = v.upload
        """;

    private const string Present = "v.entry = @Entry and v.until_clock is distinct from -1";

    public const string List = $"""
        {Columns}
        left join judge_versions(@Entry, @Keep) j on j.number = v.number
        where {Present} and (@Before::int is null or v.number < @Before)
        order by v.number desc limit @Limit
        """;

    public const string Find = $"""
        {Columns}
        left join judge_versions(@Entry, @Keep) j on j.number = v.number
        where {Present} and v.number = @Number
        """;

    public const string Rule = """
        select nullif(r.folder, '00000000-0000-0000-0000-000000000000') as folder, r.last, r.hours, r.days, r.weeks, r.bytes
        from version_rule_of(@Entry) r
        """;

    public const string Policies = """
        select p.folder, entry_path(p.folder) as path, p.last, p.hours, p.days, p.weeks, p.bytes, p.set_at, p.set_by,
               greatest(p.set_clock + 604800 - service_seconds(), 0) as settles_in
        from version_policies p where p.space = any (array[@Space, '00000000-0000-0000-0000-000000000000'::uuid])
        order by path
        """;

    /// <summary>Leaving is null if the service has more earlier contents than may be examined.</summary>
    public const string SpaceTotals = """
        with examined as materialized (
            select v.entry from entry_versions v where v.due is not null limit @Most + 1
        ), leaving as (
            select count(*) as versions, coalesce(sum(j.size), 0)::bigint as bytes
            from (
                select distinct x.entry from examined x join entries e on e.id = x.entry
                where e.space = @Space and not e.purging and (select count(*) from examined) <= @Most
            ) d
            cross join lateral judge_versions(d.entry, @Keep) j
            where j.leaves <= service_seconds() + 604800
        )
        select s.earlier_bytes, l.versions as leaving, l.bytes as leaving_bytes, (select count(*) from examined) > @Most as is_partial
        from spaces s, leaving l where s.id = @Space
        """;

    /// <summary>Changes a version and records it in the audit log of the space's tenant.</summary>
    public const string Change = """
        with done as materialized (select change_version(@Incarnation, @Space, @Entry, @Number, @Label, @Remove) as outcome)
        select d.outcome, case when d.outcome = 'ok' then add_audit(
            (select s.tenant from spaces s where s.id = @Space), @ActorSubject, @ActorCredential, @ActorAddress, @ActKind, @ActObject,
            @ActData::jsonb) end
        from done d
        """;

    public const string SetPolicy =
        "select set_version_policy(@Incarnation, @Space, @Folder, @Last, @Hours, @Days, @Weeks, @Bytes, @Subject, @Most)";

    public const string SetDefault = "select set_default_policy(@Incarnation, @Last, @Hours, @Days, @Weeks, @Bytes)";
}
