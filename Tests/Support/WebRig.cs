using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Tests.Support;

/// <summary>A file of a small web server, with the faults of the server.</summary>
internal sealed class WebFile
{
    public byte[] Bytes { get; set; } = [];

    public string? ETag { get; set; }

    public bool Ranges { get; init; } = true;

    /// <summary>Gets a value that indicates whether the length is announced.</summary>
    public bool HasLength { get; init; } = true;

    public int Status { get; init; }

    public string? Location { get; init; }

    public Dictionary<string, string> Headers { get; } = [];

    /// <summary>How many bytes the next answers send before the connection is cut.</summary>
    public ConcurrentQueue<int> Breaks { get; } = new();

    /// <summary>After this number of bytes of an answer, complete <c>Reached</c> and wait for <c>Release</c>; once.</summary>
    public (int After, TaskCompletionSource Reached, Task Release)? Pause { get; set; }

    /// <summary>Runs before the request of this number, counted from 1.</summary>
    public Func<int, Task>? Before { get; set; }
}

internal sealed record WebRequest(string Path, string? Range, string? IfRange, string? Authorization, int Status, long Sent);

/// <summary>A small web server on loopback, and the calls with which a test transfers from it.</summary>
internal sealed class WebRig : IAsyncDisposable
{
    private readonly WebApplication _app;

    private WebRig(WebApplication app) => _app = app;

    public string Address => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    public ConcurrentDictionary<string, WebFile> Files { get; } = new(StringComparer.Ordinal);

    public ConcurrentQueue<WebRequest> Requests { get; } = new();

    public static Dictionary<string, string> Settings => new()
    {
        ["Connections:AllowPrivateNetworks"] = "true",
        ["Transfers:PieceSize"] = "256KiB",
    };

    public static async Task<WebRig> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var rig = new WebRig(builder.Build());
        rig._app.Run(rig.AnswerAsync);
        await rig._app.StartAsync();
        return rig;
    }

    public string Add(string path, WebFile file)
    {
        Files[path] = file;
        return Address + path;
    }

    public static async Task<string> StartAsync(HttpClient service, string folder, params string[] addresses)
    {
        using var answer = await service.PostAsJsonAsync(
            "/api/transfers", new { label = "web", source = new { addresses }, destination = new { folder } });
        return (await TransferRig.ReadAsync(answer, 201)).GetProperty("id").GetString()!;
    }

    public static async Task<IReadOnlyList<JsonElement>> ItemsAsync(HttpClient service, string transfer)
    {
        var page = await service.GetFromJsonAsync<JsonElement>($"/api/transfers/{transfer}/items?limit=200");
        return [.. page.GetProperty("items").EnumerateArray()];
    }

    public static string Sha256(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        var path = request.Path.Value!;
        string? Header(string name) => request.Headers.TryGetValue(name, out var value) ? value.ToString() : null;
        var file = Files.GetValueOrDefault(path);
        if (file?.Before is { } before)
            await before(Requests.Count(one => one.Path == path) + 1);
        var (from, to) = (0L, -1L);
        if (file is null || file.Status > 0)
            response.StatusCode = file?.Status ?? 404;
        else if (file.Location is { } location)
        {
            response.StatusCode = 302;
            response.Headers.Location = location;
        }
        else
        {
            (from, to) = (0, file.Bytes.Length - 1);
            var asked = Header("Range") is { } range && file.Ranges && (Header("If-Range") is not { } known || known == file.ETag)
                ? range["bytes=".Length..].Split('-').Select(number => long.Parse(number, CultureInfo.InvariantCulture)).ToArray()
                : null;
            if (file.ETag is { } tag)
                response.Headers.ETag = tag;
            if (asked is [var first, var last])
            {
                response.StatusCode = first < file.Bytes.Length ? 206 : 416;
                (from, to) = (first, Math.Min(last, file.Bytes.Length - 1));
                response.Headers.ContentRange = response.StatusCode == 206
                    ? $"bytes {from}-{to}/{file.Bytes.Length}" : $"bytes */{file.Bytes.Length}";
            }
        }

        foreach (var (name, value) in file?.Headers ?? [])
            response.Headers[name] = value;
        var body = to >= from && response.StatusCode is 200 or 206 ? file!.Bytes[(int)from..(int)(to + 1)] : "<html>nothing"u8.ToArray();
        if (response.StatusCode is 204 || (response.StatusCode is 200 && file!.Bytes.Length == 0))
            body = [];
        if (file?.HasLength != false && response.StatusCode != 204)
            response.ContentLength = body.Length;
        var most = response.StatusCode is 200 or 206 && body.Length > 1 && file!.Breaks.TryDequeue(out var broken) ? broken : body.Length;
        Requests.Enqueue(new WebRequest(
            path + request.QueryString, Header("Range"), Header("If-Range"), Header("Authorization"), response.StatusCode,
            Math.Min(most, body.Length)));
        try
        {
            var sent = 0;
            if (file?.Pause is { } pause && body.Length > pause.After)
            {
                file.Pause = null;
                await response.Body.WriteAsync(body.AsMemory(0, sent = pause.After), context.RequestAborted);
                pause.Reached.SetResult();
                await pause.Release;
            }

            await response.Body.WriteAsync(body.AsMemory(sent, Math.Min(most, body.Length) - sent), context.RequestAborted);
            await response.Body.FlushAsync(context.RequestAborted);
            if (most < body.Length)
                context.Abort();
        }
        catch (OperationCanceledException)
        {
            // A file that is only inspected is not read to its end.
        }
    }
}
