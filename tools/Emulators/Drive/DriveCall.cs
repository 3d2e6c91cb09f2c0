using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace ChunkUpload.Emulators.Drive;

/// <summary>One request of a client that is signed in.</summary>
internal sealed class DriveCall(HttpContext http, DriveCaller caller)
{
    // An upload session asks for them when this request has ended and its context serves another one.
    private readonly IQueryCollection _query = http.Request.Query;

    private static readonly JsonSerializerOptions Written = new()
    {
        WriteIndented = true,
        IndentSize = 1,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public HttpContext Http => http;

    public DriveCaller Caller => caller;

    public CancellationToken Aborted => http.RequestAborted;

    public string? Fields => Query("fields");

    public bool SupportsAllDrives => Flag("supportsAllDrives") || Flag("supportsTeamDrives");

    public bool IncludesAllDrives => Flag("includeItemsFromAllDrives") || Flag("includeTeamDriveItems");

    public string Id => (string)http.Request.RouteValues["id"]!;

    public string? Query(string name) => _query.TryGetValue(name, out var value) && value.Count > 0 ? value[^1] : null;

    public bool Flag(string name, bool otherwise = false) => Query(name) switch
    {
        null or "" => otherwise,
        var text => bool.TryParse(text, out var value) ? value : throw DriveException.Invalid(name, $"Invalid boolean value: '{text}'."),
    };

    public int Number(string name, int otherwise, int least, int most)
    {
        if (Query(name) is not { Length: > 0 } text)
            return otherwise;
        if (!int.TryParse(text, out var number) || number < least || number > most)
            throw DriveException.Invalid(name, $"Invalid value '{text}'. Values must be within the range: [{least}, {most}]");
        return number;
    }

    /// <summary>The body as an object; an absent one is empty.</summary>
    public async Task<JsonObject> BodyAsync() => ParseBody(await new StreamReader(http.Request.Body).ReadToEndAsync(Aborted));

    public static JsonObject ParseBody(string text)
    {
        if (string.IsNullOrWhiteSpace(text))
            return [];
        try
        {
            return JsonNode.Parse(text) as JsonObject ?? throw new JsonException();
        }
        catch (JsonException)
        {
            throw new DriveException(400, "parseError", "Parse Error");
        }
    }

    public Task AnswerAsync(JsonNode json) => AnswerAsync(http, json);

    public static Task AnswerAsync(HttpContext http, JsonNode json) => WriteAsync(http, 200, json.ToJsonString(Written));

    /// <summary>A list or another resource, cut to the fields that were asked for.</summary>
    public Task AnswerAsync(JsonObject json, IReadOnlyDictionary<string, IReadOnlySet<string>?> schema, string usually)
    {
        var selector = FieldSelector.Parse(Fields is { Length: > 0 } fields ? fields : usually);
        selector?.Require(schema);
        return AnswerAsync(FieldSelector.Apply(selector, json));
    }

    public void AnswerNothing() => http.Response.StatusCode = StatusCodes.Status204NoContent;

    public static Task FailAsync(HttpContext http, DriveException exception)
    {
        if (exception.Status == StatusCodes.Status401Unauthorized)
            http.Response.Headers.WWWAuthenticate = "Bearer realm=\"https://accounts.google.com/\", error=\"invalid_token\"";
        return WriteAsync(http, exception.Status, JsonSerializer.SerializeToNode(exception.Body())!.AsObject() is var body
            ? Trim(body).ToJsonString(Written)
            : "");
    }

    private static JsonObject Trim(JsonObject body)
    {
        var error = body["error"]!["errors"]![0]!.AsObject();
        foreach (var name in error.Where(pair => pair.Value is null).Select(pair => pair.Key).ToList())
            error.Remove(name);
        return body;
    }

    private static async Task WriteAsync(HttpContext http, int status, string json)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json; charset=UTF-8";
        http.Response.Headers.CacheControl = "no-cache, no-store, max-age=0, must-revalidate";
        var bytes = System.Text.Encoding.UTF8.GetBytes(json);
        http.Response.ContentLength = bytes.Length;
        await http.Response.Body.WriteAsync(bytes, http.RequestAborted);
    }
}
