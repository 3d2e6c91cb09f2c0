using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace ChunkUpload.Emulators.Graph;

/// <summary>Writes answers in Graph's form.</summary>
internal static class GraphReply
{
    public static async Task WriteAsync(HttpContext http, int status, JsonNode body)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json; odata.metadata=minimal; charset=utf-8";
        await http.Response.WriteAsync(body.ToJsonString(), http.RequestAborted);
    }

    public static Task ErrorAsync(HttpContext http, GraphError error, TimeProvider time)
    {
        if (error.Status == 401)
            http.Response.Headers.WWWAuthenticate = "Bearer realm=\"\"";
        return WriteAsync(http, error.Status, error.ToJson(http.Response.Headers["request-id"].ToString(), time.GetUtcNow()));
    }

    /// <summary>Reads a JSON object; null when the body is something else.</summary>
    public static async Task<JsonObject?> ReadAsync(HttpContext http)
    {
        try
        {
            return await JsonNode.ParseAsync(http.Request.Body, cancellationToken: http.RequestAborted) as JsonObject;
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }
}
