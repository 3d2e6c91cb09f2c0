using ChunkUpload.Infrastructure.Tree;

namespace ChunkUpload.Infrastructure.Dav;

/// <summary>Statements for WebDAV.</summary>
internal static class DavQueries
{
    public const string Member = """
        select u.content_type, n.* from entry_now n left join uploads u on u.id = n.upload where n.id = @Entry and n.removed_at is null
        """;

    public const string BeginCopy = """
        insert into dav_copies (space, parent, name, subject) values (@Space, @Parent, @Name, @Subject) on conflict do nothing
        """;

    public const string EndCopy = "select end_copy(@Space, @Parent, @Name)";

    public const string AnswerChecking = "select answer_checking(@Incarnation, @Upload)";

    /// <summary>Returns the statement for one page of a folder, which uses the index of names.</summary>
    public static string Members(bool first) => $"""
        select u.content_type, n.*
        from (
            select e.id, row_number() over (order by e.name) as place from entries e
            where e.parent = @Folder and e.removed_at is null and e.kind <> 'link'
                  and {TreeQueries.WholeOnly}{(first ? "" : " and e.name > @After")}
            order by e.name limit @Limit
        ) p
        join entry_now n on n.id = p.id
        left join uploads u on u.id = n.upload
        order by p.place
        """;
}
