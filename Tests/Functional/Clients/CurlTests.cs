using System.Diagnostics;
using System.Text.RegularExpressions;
using ChunkUpload.Tests.Functional.Tus;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Clients;

/// <summary>curl: a plain file, and one whose connection breaks and that continues at the offset from HEAD.</summary>
public sealed partial class CurlTests : IClassFixture<TusFixture>, IDisposable
{
    private const int Length = 3_000_000;

    private readonly TusService _tus;
    private readonly string _folder = ServiceFolder.Create();
    private readonly byte[] _bytes = TusClient.Bytes(Length, seed: 9);

    public CurlTests(TusFixture fixture)
    {
        _tus = fixture.Tus;
        File.WriteAllBytes(Path.Combine(_folder, "film.bin"), _bytes);
    }

    public void Dispose() => ServiceFolder.Remove(_folder);

    [Theory]
    [InlineData("api/files/")]
    [InlineData("uploads/")]
    public async Task Uploads_a_file_as_it_is(string where)
    {
        var (code, answer, _) = await CurlAsync("-sS", "-T", "film.bin", $"{_tus.Service.Address}{where}");
        Assert.Equal(0, code);
        using var file = System.Text.Json.JsonDocument.Parse(answer);
        Assert.Equal(("film.bin", TusClient.Sha256(_bytes)),
            (file.RootElement.GetProperty("name").GetString(), file.RootElement.GetProperty("sha256").GetString()));
        Assert.Equal(_bytes, await _tus.Client.DownloadAsync(
            new Uri(_tus.Service.Address, file.RootElement.GetProperty("contentUrl").GetString()).AbsolutePath));
    }

    [Theory]
    [InlineData(6, "Reset")]
    [InlineData(8, "End")]
    [InlineData(9, "Silence")]
    public async Task Continues_from_what_HEAD_tells_when_it_was_cut_at_the_address_of_the_104(int version, string serviceSees)
    {
        await using var proxy = new CutProxy(_tus.Service.Address, cuts: [1_234_567]) { ToService = Enum.Parse<Ending>(serviceSees) };
        var (code, _, talk) = await CurlAsync(
            "-sSv", "-T", "film.bin", "-H", $"Upload-Draft-Interop-Version: {version}", "-H", "Upload-Complete: ?1",
                $"{proxy.Address}uploads/film.bin");
        Assert.NotEqual(0, code);
        Assert.Equal(1, proxy.Broken);
        Assert.Contains("< HTTP/1.1 104 ", talk, StringComparison.Ordinal);
        var location = Location().Match(talk).Groups[1].Value;

        var (_, head, _) = await CurlAsync("-sSI", "-H", $"Upload-Draft-Interop-Version: {version}", location);
        var offset = int.Parse(Offset().Match(head).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
        // Everything that reached the service's socket, without the head of the request.
        Assert.InRange(offset, proxy.Passed - proxy.MayBeLost - 2048, proxy.Passed);

        await File.WriteAllBytesAsync(Path.Combine(_folder, "rest"), _bytes[offset..]);
        var (_, answer, _) = await CurlAsync(
            "-sS", "-o", "/dev/null", "-w", "%{http_code}", "-X", "PATCH", "-T", "rest", "-H", $"Upload-Draft-Interop-Version: {version}",
            "-H", $"Upload-Offset: {offset}", "-H", "Upload-Complete: ?1", "-H", "Content-Type: application/partial-upload", location);
        Assert.Equal("201", answer);
        await AssertArrivedAsync(new Uri(location).AbsolutePath);
    }

    [Fact]
    public async Task Continues_from_what_HEAD_tells_when_tus_was_cut()
    {
        await using var proxy = new CutProxy(_tus.Service.Address, cuts: [1_234_567]);
        var (_, created, _) = await CurlAsync(
            "-sSi", "-X", "POST", "-H", "Tus-Resumable: 1.0.0", "-H", $"Upload-Length: {Length}", "-H",
                "Upload-Metadata: filename ZmlsbS5iaW4=", $"{proxy.Address}files");
        var location = Location().Match(created).Groups[1].Value;
        var (code, _, _) = await PatchAsync("film.bin", 0);
        Assert.NotEqual(0, code);
        var (_, head, _) = await CurlAsync("-sSI", "-H", "Tus-Resumable: 1.0.0", location);
        var offset = int.Parse(Offset().Match(head).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(offset, proxy.Passed - proxy.MayBeLost - 4096, proxy.Passed);

        await File.WriteAllBytesAsync(Path.Combine(_folder, "rest"), _bytes[offset..]);
        var (_, answer, _) = await PatchAsync("rest", offset);
        Assert.Equal("204", answer);
        await AssertArrivedAsync(new Uri(location).AbsolutePath);

        Task<(int Code, string Output, string Errors)> PatchAsync(string file, int from) => CurlAsync(
            "-sS", "-w", "%{http_code}", "-X", "PATCH", "-T", file, "-H", "Tus-Resumable: 1.0.0", "-H", $"Upload-Offset: {from}",
            "-H", $"Content-Type: {TusClient.OffsetType}", location);
    }

    private async Task AssertArrivedAsync(string path)
    {
        var upload = await _tus.UploadAsync(path);
        Assert.Equal(("film.bin", TusClient.Sha256(_bytes)), (upload.FileName, upload.Sha256?.ToString()));
        Assert.Equal(_bytes, await _tus.Client.DownloadAsync($"/api/files/{upload.Id}/content"));
    }

    private async Task<(int Code, string Output, string Errors)> CurlAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("curl", ["-H", $"Authorization: Bearer {_tus.Service.Key}", .. arguments])
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var curl = Process.Start(start)!;
        var output = curl.StandardOutput.ReadToEndAsync();
        var errors = curl.StandardError.ReadToEndAsync();
        await curl.WaitForExitAsync();
        return (curl.ExitCode, await output, await errors);
    }

    [GeneratedRegex(@"(?im)^(?:< )?location: (\S+)")]
    private static partial Regex Location();

    [GeneratedRegex(@"(?im)^upload-offset: ([0-9]+)")]
    private static partial Regex Offset();
}
