using System.Text.Json;
using ChunkUpload.Core.Projects;

namespace ChunkUpload.Infrastructure.Projects;

/// <summary>The names of <see cref="FolderApproval"/> in the database.</summary>
internal static class FolderApprovalNames
{
    /// <summary>The expression for the folder f whose value <see cref="ParseRules"/> parses.</summary>
    public const string Rules = """
        coalesce((
            select jsonb_object_agg(a.subject, jsonb_build_object('approval', a.approval, 'bytes', a.bytes_a_day))
            from folder_approvals a where a.project_id = f.project_id and a.folder_id = f.id), '{}')::text
        """;

    public static string Of(FolderApproval approval) => approval switch
    {
        FolderApproval.Always => "always",
        FolderApproval.Never => "never",
        _ => "ask",
    };

    public static FolderApproval Parse(string name) => name switch
    {
        "ask" => FolderApproval.Ask,
        "always" => FolderApproval.Always,
        "never" => FolderApproval.Never,
        _ => throw new InvalidOperationException($"There is no approval {name}."),
    };

    public static IReadOnlyDictionary<string, FolderRule> ParseRules(string json)
    {
        using var rules = JsonDocument.Parse(json);
        return rules.RootElement.EnumerateObject().ToDictionary(
            one => one.Name,
            one => new FolderRule(
                Parse(one.Value.GetProperty("approval").GetString()!),
                one.Value.GetProperty("bytes") is { ValueKind: JsonValueKind.Number } bytes ? bytes.GetInt64() : null),
            StringComparer.Ordinal);
    }
}
