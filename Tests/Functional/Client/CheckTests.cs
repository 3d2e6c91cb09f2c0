using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>cu check compares local files with those of the service by content.</summary>
[Collection(ClientCollection.Name)]
public sealed class CheckTests(ApiFixture fixture) : IDisposable
{
    private readonly ClientRig _rig = new();
    private readonly TestService _service = fixture.Service;
    private readonly string _place = $"check-{Guid.NewGuid():n}";

    private string Source => _rig.At("source");

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task A_folder_that_was_sent_is_there_and_each_later_difference_is_told()
    {
        FolderRig.Fill(Source, 30);
        Assert.Equal(1, (await RunAsync("check", "source", "--to", _place)).Code);
        Assert.Equal(0, (await RunAsync("up", "source", "--to", _place)).Code);
        var (code, output, errors) = await RunAsync("check", "source", "--to", _place);
        Assert.True(code == 0, output + errors);

        // The same size and time, but other bytes.
        FolderRig.Write(Source, "d1/s1/f1.bin", 1, 1001);
        File.SetLastWriteTimeUtc(Path.Combine(Source, "d1/s1/f1.bin"), DateTime.UnixEpoch.AddDays(9000));
        FolderRig.Write(Source, "d2/s2/f2.bin", 99, 2);
        FolderRig.Write(Source, "fresh/new.bin", 5, 3);
        File.Delete(Path.Combine(Source, "dangling"));
        _ = File.CreateSymbolicLink(Path.Combine(Source, "dangling"), "elsewhere");
        // Another time alone is no difference.
        File.SetLastWriteTimeUtc(Path.Combine(Source, "d0/s0/f0.bin"), DateTime.UnixEpoch.AddDays(8000));

        (code, output, _) = await RunAsync("check", "source", "--to", _place);
        Assert.Equal(1, code);
        var told = output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[..^1].Order(StringComparer.Ordinal);
        Assert.Equal(
            [
                "differs   source/d1/s1/f1.bin  (Its content differs.)", "differs   source/d2/s2/f2.bin  (Its size differs.)",
                "differs   source/dangling  (It is another link there.)", "missing   source/fresh", "missing   source/fresh/new.bin",
            ],
            told);
    }

    [Fact]
    public async Task Single_files_are_compared_with_the_arguments_that_sent_them()
    {
        _rig.File("a.bin", 1000);
        _rig.File("b.bin", 1000, seed: 2);
        Assert.Equal(0, (await RunAsync("up", "a.bin", "b.bin", "--to", _place)).Code);
        Assert.Equal(0, (await RunAsync("check", "a.bin", "b.bin", "--to", _place)).Code);
        _rig.File("b.bin", 1000, seed: 3);
        var (code, output, _) = await RunAsync("check", "a.bin", "b.bin", "--to", _place, "--json");
        Assert.Equal(1, code);
        Assert.Contains("\"equal\":1,\"missing\":0,\"differs\":1,", output, StringComparison.Ordinal);
        Assert.Equal(9, (await RunAsync("check", "a.bin", "gone.bin", "--to", _place)).Code);
    }

    private Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments) =>
        _rig.RunCuAsync(_service.Address, _service.KeyFile, arguments);
}
