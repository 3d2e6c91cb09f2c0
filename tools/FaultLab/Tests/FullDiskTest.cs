using ChunkUpload.FaultLab.Run;
using ChunkUpload.FaultLab.Service;
using ChunkUpload.FaultLab.Witness;

namespace ChunkUpload.FaultLab.Tests;

/// <summary>
/// A disk that fills up at many levels, with and without its reserve, its inodes, and PostgreSQL's own disk. Uploads get 507 (or 503 from
/// the database), deletions work, and uploads continue within seconds after space is freed.
/// </summary>
internal sealed class FullDiskTest : IFaultTest
{
    private const long DiskBytes = 96 << 20;
    private const long MostFree = 2 << 20;

    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Full = TimeSpan.FromSeconds(1);

    public string Name => "full";

    public string Number => "T5";

    public string Question => "Does a full disk, or a full disk of the database, lose anything or leave it stuck?";

    public async Task RunAsync(LabRun run, CancellationToken cancellationToken)
    {
        var levels = run.Count(ci: 4, soak: 40);
        var slowest = TimeSpan.Zero;
        var cluster = await OwnCluster.CreateAsync(run, run.Place("pg"), cancellationToken);
        await FillAsync(await LoopDisk.CreateAsync(run, "reserve", DiskBytes, cancellationToken, "-N", "8192"), "1MiB", inodes: false);
        await FillAsync(await LoopDisk.CreateAsync(run, "bare", DiskBytes, cancellationToken, "-N", "8192"), "0", inodes: false);
        await FillAsync(await LoopDisk.CreateAsync(run, "inodes", DiskBytes, cancellationToken, "-N", "4096"), "0", inodes: true);
        await FillDatabaseAsync();
        run.Figures.Add($"slowest recovery {slowest.TotalSeconds:0.0} s");

        async Task FillAsync(LoopDisk disk, string reserve, bool inodes)
        {
            _ = await cluster.AskAsync(
                "drop schema if exists chunkupload cascade; drop schema if exists chunkupload_scheduler cascade", cancellationToken);
            var service = new LabService(run, Path.Combine(disk.Path, "data"))
            {
                Settings =
                { "--Storage:ReserveBytes=" + reserve, "--ConnectionStrings:Ledger=" + cluster.ConnectionString }
            };
            await service.StartAsync(cancellationToken);
            using var wire = new WitnessClient(service.Address, service.Key);
            using var witness = new WitnessHandle(run, service, clients: 6, largest: 60_000);
            await witness.LoadAsync(cancellationToken);
            for (var level = 0; level < levels; level++)
            {
                await witness.AckedAsync(10, cancellationToken);
                var put = await wire.AskAsync(
                    HttpMethod.Put, "/api/files/to-delete.bin", new ByteArrayContent(new byte[100_000]), cancellationToken);
                run.Check(put?.Status == 201, $"a file before the disk is full was answered with {put}");
                if (inodes)
                    disk.FillInodes(run.Random.Next(4));
                else
                    await disk.FillAsync(level == 0 ? 0 : run.Random.NextInt64(MostFree), cancellationToken);
                run.Injected++;
                await Task.Delay(Full, TimeProvider.System, cancellationToken);
                run.Check(level > 0 || await witness.AnsweredAsync("507", cancellationToken), "the disk was never full for a client");
                var removed = await wire.AskAsync(HttpMethod.Delete, $"/api/files/{put?.Json?["id"]}", null, cancellationToken);
                run.Check(removed?.Status == 204, $"a deletion on the full disk was answered with {removed}");
                disk.Free();
                await RecoverAsync(witness);
            }

            await witness.FinishAsync(cancellationToken);
            run.Floor("acknowledgements", witness.Acks, 20 * levels);
            await service.FsckAsync(cancellationToken);
            run.Check(await service.StopAsync() == 0, "the service did not stop in good order");
        }

        async Task FillDatabaseAsync()
        {
            var disk = await LoopDisk.CreateAsync(run, "pgdisk", 192 << 20, cancellationToken);
            var small = await OwnCluster.CreateAsync(run, Path.Combine(disk.Path, "pg"), cancellationToken);
            var service =
                new LabService(run, run.MakeFolder("data")) { Settings = { "--ConnectionStrings:Ledger=" + small.ConnectionString } };
            await service.StartAsync(cancellationToken);
            using var witness = new WitnessHandle(run, service, clients: 6, largest: 60_000);
            await witness.LoadAsync(cancellationToken);
            for (var level = 0; level < Math.Max(1, levels / 3); level++)
            {
                await witness.AckedAsync(30, cancellationToken);
                await disk.FillAsync(level == 0 ? 0 : run.Random.NextInt64(MostFree), cancellationToken);
                // Without space for its log PostgreSQL ends, and its operator starts it again.
                _ = await small.AskAsync(
                    "create table ballast as select repeat('x', 1000) from generate_series(1, 20000); checkpoint", cancellationToken);
                run.Injected++;
                await Task.Delay(Full, TimeProvider.System, cancellationToken);
                disk.Free();
                if ((await small.AskAsync("drop table if exists ballast", cancellationToken)).Code != 0)
                {
                    await small.KillAsync();
                    await small.StartAsync(cancellationToken);
                    _ = await small.AskAsync("drop table if exists ballast", cancellationToken);
                }

                await RecoverAsync(witness);
            }

            await witness.FinishAsync(cancellationToken);
            run.Floor("acknowledgements", witness.Acks, 20);
            await service.FsckAsync(cancellationToken);
        }

        async Task RecoverAsync(WitnessHandle witness)
        {
            var began = TimeProvider.System.GetTimestamp();
            await witness.AckedAsync(5, cancellationToken);
            var took = TimeProvider.System.GetElapsedTime(began);
            slowest = took > slowest ? took : slowest;
            run.Check(took <= Recovery, $"uploads continued only {took.TotalSeconds:0.0} s after there was room");
        }
    }
}
