using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using ChunkUpload.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>
/// A service that says of projects whatever a test wants: it asks an agent for files that nobody has listed, or gives a receiver other
/// bytes than were sent. It keeps what it is told.
/// </summary>
internal sealed class LyingService : IAsyncDisposable
{
    private LocalServer _server = null!;

    public Guid Project { get; } = Guid.NewGuid();

    public Guid Device { get; } = Guid.NewGuid();

    public Guid Folder { get; private set; }

    public Uri Address => new(_server.Address);

    /// <summary>The requests to an agent, by the ids of the transfers.</summary>
    public ConcurrentDictionary<Guid, JsonObject> Rows { get; } = new();

    /// <summary>The changes of transfers, in their order.</summary>
    public ConcurrentQueue<(Guid Transfer, JsonNode Body)> Changes { get; } = new();

    /// <summary>The paths that the agent has told.</summary>
    public ConcurrentDictionary<string, JsonNode> Told { get; } = new();

    /// <summary>The number of sessions that were asked for.</summary>
    public int Sessions { get; private set; }

    /// <summary>The content of every transfer, by the number of its readings.</summary>
    public Func<int, byte[]> Content { get; init; } = _ => [];

    public int Readings { get; private set; }

    public static async Task<LyingService> StartAsync(Func<int, byte[]>? content = null)
    {
        var service = new LyingService { Content = content ?? (_ => []) };
        service._server = await LocalServer.StartAsync(service.AnswerAsync);
        return service;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    public Guid Ask(string path, long size, DateTimeOffset? modified = null)
    {
        var id = Guid.NewGuid();
        Rows[id] = Row(id, path, size, modified);
        return id;
    }

    /// <summary>Says of everything that was asked for that the device sends it.</summary>
    /// <param name="hash">The digest that it is said to have; <c>null</c> for the right one.</param>
    public void Send(string? hash = null)
    {
        foreach (var (id, row) in Rows)
        {
            var changed = row.DeepClone().AsObject();
            (changed["status"], changed["file_hash"]) = ("in_progress", hash ?? ClientRig.Sha256(Content(1)));
            Rows[id] = changed;
        }
    }

    private JsonObject Row(Guid id, string path, long size, DateTimeOffset? modified = null) => new()
    {
        ["id"] = id.ToString(),
        ["status"] = "pending",
        ["approval"] = "approved",
        ["attempt"] = 1,
        ["file_path"] = path,
        ["total_bytes"] = size,
        ["bytes_transferred"] = 0,
        ["source_device"] = new JsonObject { ["id"] = Device.ToString(), ["name"] = "laptop", ["online"] = true },
        ["requested_at"] = "2026-01-01T00:00:00Z",
        ["modified_at"] = modified?.ToString("O", CultureInfo.InvariantCulture),
        ["requester"] = new JsonObject { ["subject"] = "user:x", ["name"] = "x" },
        ["folder_id"] = Folder.ToString(),
    };

    private async Task AnswerAsync(HttpContext context)
    {
        var (method, path) = (context.Request.Method, context.Request.Path.Value!);
        var body = method is "POST" or "PATCH" ? await JsonNode.ParseAsync(context.Request.Body) : null;
        var project = $"/api/projects/{Project}";
        if (path == "/api/devices")
        {
            await WriteAsync(context, new JsonObject { ["id"] = Device.ToString(), ["name"] = "laptop" });
        }
        else if (path == "/api/projects")
        {
            await WriteAsync(context, new JsonObject
            {
                ["projects"] = new JsonArray(new JsonObject
                {
                    ["id"] = Project.ToString(),
                    ["name"] = "lies",
                    ["owner"] = "x",
                    ["is_member"] = true,
                    ["can_change"] = true,
                    ["members"] = 1,
                    ["folders"] = new JsonArray(),
                }),
            });
        }
        else if (path == project + "/folders")
        {
            Folder = body!["id"]!.GetValue<Guid>();
            await WriteAsync(context, new JsonObject
            {
                ["id"] = Folder.ToString(),
                ["place"] = body["place"]!.GetValue<string>(),
                ["device_id"] = Device.ToString(),
                ["sequence"] = 0,
                ["is_complete"] = false,
            });
        }
        else if (path == project + "/files/update")
        {
            foreach (var change in body!["changes"]!.AsArray())
                Told[change!["path"]!.GetValue<string>()] = change.DeepClone();
            await WriteAsync(context, new JsonObject { ["sequence"] = 1, ["accepted"] = 1, ["rejected"] = new JsonArray() });
        }
        else if (path == project + "/files-paginated")
        {
            await WriteAsync(context, new JsonObject { ["files"] = new JsonArray(), ["sequence"] = 1 });
        }
        else if (path == project + "/files/download")
        {
            var id = Ask(body!["file_path"]!.GetValue<string>(), Content(1).Length);
            await WriteAsync(context, new JsonObject
            {
                ["download_id"] = id.ToString(),
                ["file"] = new JsonObject { ["path"] = body["file_path"]!.GetValue<string>(), ["size"] = Content(1).Length },
            });
        }
        else if (path == project + "/transfers")
        {
            var rows = new JsonArray();
            foreach (var row in Rows.Values.Where(row => row["status"]!.GetValue<string>() is "pending" or "in_progress"))
                rows.Add(row.DeepClone());
            await WriteAsync(context, new JsonObject { ["transfers"] = rows });
        }
        else if (path.StartsWith(project + "/transfers/", StringComparison.Ordinal))
        {
            await TransferAsync(context, path[(project.Length + 11)..].Split('/'), body);
        }
        else
        {
            if (path == "/api/sessions")
                Sessions++;
            context.Response.StatusCode = (int)HttpStatusCode.NotFound;
        }
    }

    private async Task TransferAsync(HttpContext context, string[] names, JsonNode? body)
    {
        if (!Guid.TryParse(names[0], out var id) || !Rows.TryGetValue(id, out var row))
        {
            context.Response.StatusCode = (int)HttpStatusCode.NotFound;
            return;
        }

        if (names.Length == 1)
        {
            if (body is not null)
            {
                Changes.Enqueue((id, body.DeepClone()));
                if (body["status"] is { } status)
                    Rows[id] = row = With(row, "status", status.GetValue<string>());
            }

            await WriteAsync(context, row);
            return;
        }

        var content = Content(Readings == 0 ? 1 : Readings);
        context.Response.Headers.ETag = $"\"{id:n}-1\"";
        if (HttpMethods.IsHead(context.Request.Method))
        {
            context.Response.ContentLength = content.Length;
            return;
        }

        content = Content(++Readings);
        var from = (int)context.Request.GetTypedHeaders().Range!.Ranges.Single().From!.Value;
        context.Response.StatusCode = (int)HttpStatusCode.PartialContent;
        context.Response.Headers.ContentRange = $"bytes {from}-{content.Length - 1}/{content.Length}";
        await context.Response.Body.WriteAsync(content.AsMemory(from));
    }

    private static JsonObject With(JsonObject row, string name, string value)
    {
        var changed = row.DeepClone().AsObject();
        changed[name] = value;
        return changed;
    }

    private static async Task WriteAsync(HttpContext context, JsonObject answer)
    {
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(answer.ToJsonString(JsonSerializerOptions.Default));
    }
}
