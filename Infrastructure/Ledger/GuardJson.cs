using System.Text.Json.Nodes;

namespace ChunkUpload.Infrastructure.Ledger;

/// <summary>A guard as the functions of the ledger read it.</summary>
internal static class GuardJson
{
    /// <returns>Null for a change that comes another way than by WebDAV.</returns>
    public static string? Write(ChangeGuard? guard) => guard is null
        ? null
        : new JsonObject
        {
            ["subject"] = guard.Subject,
            ["tokens"] = Array(guard.Tokens.Select(token => (JsonNode)token)),
            ["lists"] = Array(guard.Lists.Select(list => (JsonNode)new JsonObject
            {
                ["space"] = list.Space.Value.ToString(),
                ["path"] = Array(list.Path.Select(name => (JsonNode)name)),
                ["conditions"] = Array(list.Conditions.Select(Condition)),
            })),
        }.ToJsonString();

    private static JsonNode Condition(GuardCondition condition)
    {
        var written = new JsonObject { ["not"] = condition.Not };
        if (condition.Token is { } token)
            written["token"] = token;
        else
            written["etag"] = condition.Tag;
        return written;
    }

    private static JsonArray Array(IEnumerable<JsonNode> items) => [.. items];
}
