using System.Text.Json;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>cu share and cu keys, as a person types them and as others use what they make.</summary>
[Collection(ClientCollection.Name)]
public sealed class SharingTests(ApiFixture fixture) : IDisposable
{
    private readonly ClientRig _rig = new();
    private readonly TestService _service = fixture.Service;
    private readonly string _place = $"share-{Guid.NewGuid():n}";

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task A_link_fetches_what_it_was_made_for_until_it_is_ended()
    {
        _rig.File("a.bin", 5000);
        await DoneAsync("up", "a.bin", "--to", $"{_place}/a.bin");
        var made = await DoneAsync("share", $"{_place}/a.bin", "--expires", "2h", "--max-downloads", "3", "--title", "A file");
        var (url, id) = (made.GetProperty("url").GetString()!, made.GetProperty("id").GetString()!);
        Assert.InRange(
            made.GetProperty("expiresAt").GetDateTimeOffset() - made.GetProperty("createdAt").GetDateTimeOffset(),
            TimeSpan.FromMinutes(119), TimeSpan.FromMinutes(121));

        Assert.Equal(0, (await _rig.RunCuAsync(_service.Address, null, "get", url, "-o", "copy.bin")).Code);
        Assert.Equal(ClientRig.Bytes(5000), await File.ReadAllBytesAsync(_rig.At("copy.bin")));
        var listed = (await LinesAsync("share", "--list")).Single(line => line.GetProperty("id").GetString() == id);
        Assert.Equal(
            ("open", $"{_place}/a.bin", 3, 1L),
            (listed.GetProperty("state").GetString(), listed.GetProperty("path").GetString(),
                listed.GetProperty("maxDownloads").GetInt32(), listed.GetProperty("downloads").GetInt64()));

        await DoneAsync("share", "--end", id);
        Assert.Equal(11, (await _rig.RunCuAsync(_service.Address, _service.KeyFile, "share", "--end", "nope")).Code);
        Assert.Equal(6, (await _rig.RunCuAsync(_service.Address, null, "get", url, "-o", "again.bin")).Code);
    }

    [Fact]
    public async Task A_link_that_asks_takes_files_into_a_folder_that_was_missing()
    {
        var made = await DoneAsync("share", $"{_place}/inbox", "--ask", "--max-size", "2K", "--max-files", "5", "--name", "*.bin");
        var url = made.GetProperty("url").GetString()!;
        _rig.File("small.bin", 1000);
        _rig.File("large.bin", 3000);
        Assert.Equal(0, (await _rig.RunCuAsync(_service.Address, null, "up", "small.bin", "--to", url)).Code);
        Assert.Equal(7, (await _rig.RunCuAsync(_service.Address, null, "up", "large.bin", "--to", url)).Code);
        Assert.Equal(ClientRig.Bytes(1000), await _service.Client.GetByteArrayAsync($"/api/tree/{_place}/inbox/small.bin"));
    }

    [Fact]
    public async Task A_password_comes_from_standard_input_and_the_code_for_a_camera_goes_beside_the_address()
    {
        _rig.File("a.bin", 10);
        await DoneAsync("up", "a.bin", "--to", $"{_place}/a.bin");
        using var cu = _rig.Cu(_service.Address, _service.KeyFile, "share", $"{_place}/a.bin", "--password", "--qr");
        await cu.StandardInput.WriteLineAsync("open sesame");
        cu.StandardInput.Close();
        var url = (await cu.StandardOutput.ReadToEndAsync()).Trim();
        var notes = await cu.StandardError.ReadToEndAsync();
        await cu.WaitForExitAsync();
        Assert.Equal(0, cu.ExitCode);
        Assert.Contains("with the password", notes, StringComparison.Ordinal);
        Assert.Contains("▀", notes, StringComparison.Ordinal);
        using var http = new HttpClient();
        using var answer = await http.GetAsync(url + "/content");
        Assert.Equal(401, (int)answer.StatusCode);
    }

    [Fact]
    public async Task A_link_with_a_password_is_used_with_it()
    {
        _rig.File("a.bin", 5000);
        await DoneAsync("up", "a.bin", "--to", $"{_place}/a.bin");
        var share = await TypedAsync(_service.KeyFile, "open sesame", "share", $"{_place}/a.bin", "--password");
        var url = share.Output.Trim();
        var (code, _, errors) = await _rig.RunCuAsync(_service.Address, null, "get", url, "-o", "copy.bin");
        Assert.Equal(6, code);
        Assert.Contains("--password", errors, StringComparison.Ordinal);
        Assert.Equal(6, (await TypedAsync(null, "open barley", "get", url, "-o", "copy.bin", "--password")).Code);
        Assert.Equal(0, (await TypedAsync(null, "open sesame", "get", url, "-o", "copy.bin", "--password")).Code);
        Assert.Equal(ClientRig.Bytes(5000), await File.ReadAllBytesAsync(_rig.At("copy.bin")));

        var ask = await TypedAsync(_service.KeyFile, "open sesame", "share", $"{_place}/inbox", "--ask", "--password");
        Assert.Equal(0, (await TypedAsync(null, "open sesame", "up", "a.bin", "--to", ask.Output.Trim(), "--password")).Code);
        Assert.Equal(ClientRig.Bytes(5000), await _service.Client.GetByteArrayAsync($"/api/tree/{_place}/inbox/a.bin"));
        Assert.Equal(2, (await TypedAsync(null, "open sesame", "get", "a.bin", "--password")).Code);
        Assert.Equal(2, (await TypedAsync(null, "open sesame", "up", "-", "--name", "x", "--to", url, "--password")).Code);
    }

    [Fact]
    public async Task A_link_to_a_folder_says_how_the_folder_is_fetched()
    {
        _rig.File("a.bin", 10);
        await DoneAsync("up", "a.bin", "--to", $"{_place}/a.bin");
        var url = (await DoneAsync("share", _place)).GetProperty("url").GetString()!;
        var (code, _, errors) = await _rig.RunCuAsync(_service.Address, null, "get", url, "-o", "folder");
        Assert.Equal(12, code);
        Assert.Contains($"{url}/archive.zip", errors, StringComparison.Ordinal);
        using var http = new HttpClient();
        using var zip = await http.GetAsync(url + "/archive.zip");
        Assert.Equal(200, (int)zip.StatusCode);
    }

    [Theory]
    [InlineData("share")]
    [InlineData("share", "a", "--expires", "soon")]
    [InlineData("share", "--ask", "--max-size", "large")]
    public async Task What_makes_no_sense_is_a_wrong_command_line(params string[] arguments) =>
        Assert.Equal(2, (await _rig.RunCuAsync(_service.Address, _service.KeyFile, arguments)).Code);

    [Fact]
    public async Task A_key_makes_lesser_ones_and_none_that_may_more()
    {
        var made = await DoneAsync("keys", "add", _place, "--right", "upload", "list", "--days", "5");
        await File.WriteAllTextAsync(_rig.At("key"), made.GetProperty("secret").GetString());
        _rig.File("a.bin", 10);

        var (_, seen, _) = await WithAsync("key", "keys", "--json");
        var own = ClientRig.Line(seen);
        Assert.Equal((_place, true), (own.GetProperty("name").GetString(), own.GetProperty("isThis").GetBoolean()));
        Assert.Equal(0, (await WithAsync("key", "up", "a.bin", "--to", $"{_place}/")).Code);
        var (code, _, errors) = await WithAsync("key", "keys", "add", "more", "--right", "delete");
        Assert.Equal(6, code);
        Assert.Contains("/console/#/keys", errors, StringComparison.Ordinal);

        await DoneAsync("keys", "remove", made.GetProperty("id").GetString()!);
        Assert.Equal(6, (await WithAsync("key", "ls")).Code);
        Assert.DoesNotContain(await LinesAsync("keys"), line => line.GetProperty("name").GetString() == _place);
        Assert.Contains(
            await LinesAsync("keys", "--all"),
            line => line.GetProperty("name").GetString() == _place && line.GetProperty("state").GetString() == "revoked");
    }

    /// <summary>Runs cu with a line on its standard input.</summary>
    private async Task<(int Code, string Output)> TypedAsync(string? keyFile, string line, params string[] arguments)
    {
        using var cu = _rig.Cu(_service.Address, keyFile, arguments);
        await cu.StandardInput.WriteLineAsync(line);
        cu.StandardInput.Close();
        var output = await cu.StandardOutput.ReadToEndAsync();
        await cu.WaitForExitAsync();
        return (cu.ExitCode, output);
    }

    private async Task<JsonElement> DoneAsync(params string[] arguments) => (await LinesAsync(arguments))[0];

    private async Task<List<JsonElement>> LinesAsync(params string[] arguments)
    {
        var (code, output, errors) = await _rig.RunCuAsync(_service.Address, _service.KeyFile, [.. arguments, "--json"]);
        Assert.True(code == 0, output + errors);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(ClientRig.Line)];
    }

    private Task<(int Code, string Output, string Errors)> WithAsync(string keyFile, params string[] arguments) =>
        _rig.RunCuAsync(_service.Address, _rig.At(keyFile), arguments);
}
