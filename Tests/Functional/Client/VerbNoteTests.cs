using System.Diagnostics;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>The messages of cu's verbs other than their results.</summary>
[Collection(ClientCollection.Name)]
public sealed class VerbNoteTests(ApiFixture fixture) : IDisposable
{
    private readonly ClientRig _rig = new();
    private readonly TestService _service = fixture.Service;
    private readonly string _place = $"note-{Guid.NewGuid():n}";

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task What_the_service_has_no_place_for_is_counted_in_one_line()
    {
        FolderRig.Write(_rig.At("s"), "one.bin", 10, 1);
        FolderRig.Write(_rig.At("s"), "special.bin", 10, 2);
        FolderRig.Write(_rig.At("s"), ".mine.cu-part", 10, 3);
        FolderRig.Write(_rig.At("s"), ".0123456789ab.cu-part", 10, 4);
        await ToolAsync("ln", "s/one.bin", "s/two.bin");
        File.SetUnixFileMode(_rig.At("s/special.bin"), (UnixFileMode)Convert.ToInt32("4755", 8));
        await using (var sparse = File.Create(_rig.At("s/sparse.bin")))
            sparse.SetLength(1 << 20);

        var (code, output, errors) = await RunAsync("up", "s", "--to", _place);
        Assert.True(code == 0, output + errors);
        Assert.Contains(
            "Not kept at the service: 2 hard links (each name is a file of its own there), 1 sparse file (the holes are zeros there), "
            + "1 entry with setuid, setgid or sticky, 1 part of an unfinished download (left out).", errors, StringComparison.Ordinal);
        // A person's file is a file, whatever its name ends with.
        Assert.Equal(0, (await RunAsync("show", $"{_place}/.mine.cu-part")).Code);
        Assert.Equal(11, (await RunAsync("show", $"{_place}/.0123456789ab.cu-part")).Code);
        (code, _, errors) = await RunAsync("up", "s/sparse.bin", "--to", $"{_place}/");
        Assert.Contains("1 sparse file", errors, StringComparison.Ordinal);
        Assert.Equal(0, code);
    }

    [Fact]
    public async Task A_dry_run_says_what_would_be_and_newer_files_are_left()
    {
        FolderRig.Write(_rig.At("s"), "a.txt", 10, 1);
        var (_, output, _) = await RunAsync("up", "s", "--to", _place, "--dry-run");
        Assert.Contains("would be sent a.txt", output, StringComparison.Ordinal);
        Assert.Contains("1 would be sent", output, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("up", "s", "--to", _place)).Code);

        // Older than what is there, and then newer.
        FolderRig.Write(_rig.At("s"), "a.txt", 20, 0);
        Assert.Equal(0, (await RunAsync("up", "s", "--to", _place, "--update")).Code);
        Assert.Equal(10, (await _service.Client.GetByteArrayAsync($"/api/tree/{_place}/a.txt")).Length);
        Assert.Equal(0, (await RunAsync("get", _place, "s", "--update")).Code);
        Assert.Equal(10, new FileInfo(_rig.At("s/a.txt")).Length);
        FolderRig.Write(_rig.At("s"), "a.txt", 30, 9);
        Assert.Equal(0, (await RunAsync("get", _place, "s", "--update")).Code);
        Assert.Equal(30, new FileInfo(_rig.At("s/a.txt")).Length);
        Assert.Equal(0, (await RunAsync("up", "s", "--to", _place, "--update")).Code);
        Assert.Equal(30, (await _service.Client.GetByteArrayAsync($"/api/tree/{_place}/a.txt")).Length);
    }

    [Fact]
    public async Task Each_verb_says_that_it_waits_and_a_failure_names_the_service_and_the_path()
    {
        var (code, _, errors) = await _rig.RunCuAsync(
            new Uri("http://127.0.0.1:1"), _service.KeyFile, "show", "deep/a.txt", "--attempts", "2");
        Assert.Equal(3, code);
        Assert.Contains("No connection to the service. Trying again.", errors, StringComparison.Ordinal);
        Assert.Contains("cu: deep/a.txt: No connection", errors, StringComparison.Ordinal);
        Assert.Contains("(The service is http://127.0.0.1:1.)", errors, StringComparison.Ordinal);
        (code, _, errors) = await _rig.RunCuAsync(
            new Uri("http://127.0.0.1:1"), _service.KeyFile, "show", "deep/a.txt", "--attempts", "2", "-q");
        Assert.Equal(3, code);
        Assert.DoesNotContain("Trying again", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Work_is_queued_without_an_agent_and_the_next_one_does_it()
    {
        _rig.File("a.txt", 100);
        var (code, output, errors) = await RunAsync("up", "a.txt", "--to", $"{_place}/a.txt", "--background");
        Assert.True(code == 0, output + errors);
        Assert.Contains("no agent of yours runs", errors, StringComparison.Ordinal);
        (_, output, _) = await RunAsync("up", "a.txt", "--to", $"{_place}/a.txt", "-b");
        Assert.Contains("(it was queued already)", output, StringComparison.Ordinal);

        using var agent = _rig.Cu(_service.Address, null, "agent");
        try
        {
            await Eventually.HoldsAsync(async () =>
                (await _service.Client.GetAsync($"/api/tree/{_place}/a.txt?format=json")).IsSuccessStatusCode);
        }
        finally
        {
            agent.Kill();
            await agent.WaitForExitAsync();
        }
    }

    [Fact]
    public async Task Help_puts_options_into_groups()
    {
        var help = (await RunAsync("up", "--help")).Output.ReplaceLineEndings("\n");
        string[] headers =
        [
            "\nOptions:\n", "\nOptions for folders:\n", "\nOptions for encryption:\n", "\nOptions for the background:\n",
            "\nOptions of every verb:\n", "\nExamples:\n",
        ];
        var places = headers.Select(header => help.IndexOf(header, StringComparison.Ordinal)).ToList();
        Assert.DoesNotContain(-1, places);
        Assert.Equal(places.Order(), places);
        Assert.InRange(help.IndexOf("--exclude-from", StringComparison.Ordinal), places[1], places[2]);
        Assert.InRange(help.IndexOf("--retry-for", StringComparison.Ordinal), places[4], places[5]);
        Assert.InRange(help.IndexOf("  --to", StringComparison.Ordinal), places[0], places[1]);
    }

    private async Task ToolAsync(string name, params string[] arguments)
    {
        using var tool = Process.Start(new ProcessStartInfo(name, arguments) { WorkingDirectory = _rig.Folder })!;
        await tool.WaitForExitAsync();
        Assert.Equal(0, tool.ExitCode);
    }

    private Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments) =>
        _rig.RunCuAsync(_service.Address, _service.KeyFile, arguments);
}
