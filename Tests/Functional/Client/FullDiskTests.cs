using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>
/// cu where a disk is full: that of the service, and its own. Each is a small file system in memory, which only root may mount.
/// </summary>
public sealed class FullDiskTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IDisposable
{
    private const int SigInt = 2;

    // A local service counts as near for files of this size: they are sent as one stream, smaller ones in chunks.
    private const int Near = 66 << 20;
    private const int Far = 24 << 20;

    private readonly ClientRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [RootFact]
    public async Task A_service_whose_disk_fills_says_so_and_the_same_command_goes_on_once_there_is_room()
    {
        await using var disk = await SmallDisk.MountAsync(_rig.At("service"), "120m");
        await using var service = await ServiceProcess.StartAsync(
            disk.Path,
            [$"--ConnectionStrings:Ledger={await postgres.CreateDatabaseAsync(migrated: false)}", "--Storage:ReserveBytes=1MiB"]);
        await using var proxy = new CutProxy(service.Address);
        foreach (var length in (int[])[Far, Near])
        {
            _ = _rig.File("film.bin", length, length);
            var passed = proxy.Passed;
            proxy.Rate = 8 << 20;
            using (var cu = _rig.Cu(proxy.Address, service.KeyFile, "up", "film.bin"))
            {
                await Eventually.HoldsAsync(() => Task.FromResult(proxy.Passed > passed + (6 << 20) || cu.HasExited));
                disk.Fill();
                proxy.Rate = 0;
                // It waits, because room can be made.
                Assert.StartsWith(
                    "film.bin: The service's disk has no room for these bytes; try again when there is space.",
                    await cu.StandardError.ReadLineAsync(), StringComparison.Ordinal);
                _ = Libc.Kill(cu.Id, SigInt);
                var rest = await cu.StandardError.ReadToEndAsync();
                await cu.WaitForExitAsync();
                Assert.True(cu.ExitCode == 130, rest);
                Assert.Contains("The same command resumes", rest, StringComparison.Ordinal);
            }

            disk.Free();
            passed = proxy.Passed;
            var (code, output, errors) = await _rig.RunCuAsync(proxy.Address, service.KeyFile, "up", "film.bin", "--json");
            Assert.True(code == 0, output + errors);
            Assert.InRange(proxy.Passed - passed, 0, length - (1 << 20));
            using var http = service.CreateClient();
            Assert.Equal(ClientRig.Bytes(length, length), await http.GetByteArrayAsync("/api/tree/film.bin"));
        }
    }

    [RootFact]
    public async Task A_full_disk_here_ends_a_download_and_what_keeps_the_state_of_an_upload_is_not_needed()
    {
        await using var service = await ServiceProcess.StartAsync(
            arguments: [$"--ConnectionStrings:Ledger={await postgres.CreateDatabaseAsync(migrated: false)}"]);
        _ = _rig.File("film.bin", Far);
        await using var disk = await SmallDisk.MountAsync(_rig.At("here"), "40m");
        await using var states = await SmallDisk.MountAsync(_rig.At("state"), "1m");
        states.Fill();
        // The state cannot be written: the upload works, and only a kill would restart it.
        Assert.Equal(0, (await _rig.RunCuAsync(service.Address, service.KeyFile, "up", "film.bin")).Code);
        disk.Fill();
        var (code, output, errors) = await _rig.RunCuAsync(service.Address, service.KeyFile, "get", "film.bin", "-o", "here/copy.bin");
        Assert.True(code == 9, output + errors);
        Assert.Contains($"The disk of {_rig.At("here")} is full.", errors, StringComparison.Ordinal);
        Assert.False(File.Exists(_rig.At("here/copy.bin")));
        disk.Free();
        Assert.Equal(0, (await _rig.RunCuAsync(service.Address, service.KeyFile, "get", "film.bin", "-o", "here/copy.bin")).Code);
        Assert.Equal(ClientRig.Bytes(Far), await File.ReadAllBytesAsync(_rig.At("here/copy.bin")));
    }

    [RootFact]
    public async Task A_full_disk_here_ends_a_file_of_a_project_and_the_same_command_fetches_it_once_there_is_room()
    {
        var content = ClientRig.Bytes(Far);
        await using var service = await LyingService.StartAsync(_ => content);
        var key = _rig.At("user.key");
        await File.WriteAllTextAsync(key, "key");
        await using var disk = await SmallDisk.MountAsync(_rig.At("here"), "40m");
        disk.Fill();
        string[] get = ["project", "get", "lies", "/x/film.bin", "-o", "here/"];
        var first = _rig.RunCuAsync(service.Address, key, get);
        await Eventually.HoldsAsync(() => Task.FromResult(!service.Rows.IsEmpty || first.IsCompleted));
        service.Send();
        var (code, output, errors) = await first;
        Assert.True(code == 9, output + errors);
        Assert.Contains($"The disk of {_rig.At("here")} is full. Make room there", errors, StringComparison.Ordinal);
        Assert.False(File.Exists(_rig.At("here/film.bin")));
        disk.Free();
        (code, output, errors) = await _rig.RunCuAsync(service.Address, key, get);
        Assert.True(code == 0, output + errors);
        Assert.Equal(content, await File.ReadAllBytesAsync(_rig.At("here/film.bin")));
        // The request of the first run went on.
        Assert.Single(service.Rows);
    }
}
