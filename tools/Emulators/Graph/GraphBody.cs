using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ChunkUpload.Emulators.Graph;

/// <summary>Reads the values that clients send in bodies.</summary>
internal static class GraphBody
{
    public const string ConflictName = "@microsoft.graph.conflictBehavior";

    public const string SourceName = "@microsoft.graph.sourceUrl";

    public static string? Text(JsonObject? json, string name) =>
        json?[name] is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

    public static long? Number(JsonObject? json, string name) =>
        json?[name] is JsonValue value && value.GetValueKind() == JsonValueKind.Number && value.TryGetValue<long>(out var number)
            ? number
            : null;

    public static bool Flag(JsonObject? json, string name) =>
        json?[name] is JsonValue value && value.GetValueKind() == JsonValueKind.True;

    /// <summary>The rule for taken names, from an object that may say it under the older name too.</summary>
    public static GraphConflict Conflict(JsonObject? json, GraphConflict usual) =>
        Conflict(Text(json, ConflictName) ?? Text(json, "@name.conflictBehavior"), usual);

    public static GraphConflict Conflict(string? word, GraphConflict usual) =>
        Enum.TryParse<GraphConflict>(word, ignoreCase: true, out var conflict) ? conflict : usual;

    public static GraphFileTimes Times(JsonObject? json)
    {
        var info = json?["fileSystemInfo"] as JsonObject;
        return new GraphFileTimes(Time(info, "createdDateTime"), Time(info, "lastModifiedDateTime"));
    }

    private static DateTimeOffset? Time(JsonObject? json, string name) =>
        DateTimeOffset.TryParse(Text(json, name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
}
