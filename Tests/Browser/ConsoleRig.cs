using System.Security.Cryptography;
using System.Text.Json;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Browser;

/// <summary>Files to send, and a browser that runs one scenario of Tests/Clients/console.mjs.</summary>
internal sealed class ConsoleRig : IDisposable
{
    public string Folder { get; } = ServiceFolder.Create();

    public void Dispose() => ServiceFolder.Remove(Folder);

    /// <summary>Makes a file of random bytes below the folder.</summary>
    public (string Path, byte[] Bytes) File(string name, int length, int seed = 1)
    {
        var path = Path.Combine(Folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var bytes = ApiClient.Bytes(length, seed);
        System.IO.File.WriteAllBytes(path, bytes);
        return (path, bytes);
    }

    public static NodeClient Start(string scenario, Uri address, string key, params string[] files) => NodeClient.Start(
        "console.mjs", scenario, ("CONSOLE_BASE", address.ToString()), ("CONSOLE_KEY", key), ("CONSOLE_FILES", string.Join(':', files)),
        ("CONSOLE_BROWSER", NodeClient.Browser!));

    /// <summary>Waits for the word that the scenario prints, and lets it go on after <paramref name="act"/>.</summary>
    public static async Task AtAsync(NodeClient browser, string word, Func<Task>? act = null)
    {
        Assert.Equal(word, await browser.LineAsync());
        if (act is not null)
            await act();
        await browser.GoOnAsync();
    }

    /// <summary>The scenario's result, once it has ended without an error or warning of the browser.</summary>
    public static async Task<(JsonElement Result, IReadOnlyList<string> Requests)> EndAsync(NodeClient browser)
    {
        var answer = await browser.ResultAsync();
        var complaints = string.Join('\n', answer.GetProperty("complaints").EnumerateArray().Select(complaint => complaint.GetString()));
        Assert.True(complaints.Length == 0, complaints);
        return (answer.GetProperty("result"), [.. answer.GetProperty("requests").EnumerateArray().Select(request => request.GetString()!)]);
    }

    public static async Task AssertContentAsync(HttpClient client, string path, byte[] expected)
    {
        var names = path.Split('/').Select(Uri.EscapeDataString);
        await using var content = await client.GetStreamAsync(ApiClient.At($"/api/tree/{string.Join('/', names)}"));
        Assert.Equal(ApiClient.Hex(expected), Convert.ToHexStringLower(await SHA256.HashDataAsync(content)));
    }
}
