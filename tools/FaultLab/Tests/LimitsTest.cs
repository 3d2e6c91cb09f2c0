using ChunkUpload.Core.Hosting;
using ChunkUpload.FaultLab.Run;
using ChunkUpload.FaultLab.Service;
using ChunkUpload.FaultLab.Witness;

namespace ChunkUpload.FaultLab.Tests;

/// <summary>
/// A memory limit far below the file size, few descriptors, few database connections: the service may be slow or refuse, but must not
/// break.
/// </summary>
internal sealed class LimitsTest : IFaultTest
{
    private const long Memory = 256L << 20;
    private const string Group = "/sys/fs/cgroup/memory";

    private const int Few = 828;

    // With fewer descriptors than the minimum, the start is refused.
    private const int TooFew = 128;
    private const int Least = 640;
    private const int Clients = 128;
    private const int FewestConnections = 16;

    private const int Looks = 50;

    private const int Steps = 12;
    private const int Step = 8;

    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Refusing = TimeSpan.FromMinutes(1);

    public string Name => "limits";

    public string Number => "T13";

    public string Question => "Does the service work within small limits?";

    public async Task RunAsync(LabRun run, CancellationToken cancellationToken)
    {
        var mebibytes = run.Count(ci: 512, soak: 4096);
        var cluster = await OwnCluster.CreateAsync(run, run.Place("pg"), cancellationToken);
        await MemoryAsync();
        await FewAsync();
        await ColdAsync();
        await LeastAsync();
        run.Floor("acknowledgements", run.Acknowledged, run.IsSoak ? 40_000 : 1300);

        async Task MemoryAsync()
        {
            if (!Directory.Exists(Group))
                throw new LabException($"{Group} is missing: the memory limit needs the memory controller of cgroups version 1.");
            var group = Path.Combine(Group, Path.GetFileName(run.Folder));
            _ = Directory.CreateDirectory(group);
            run.Later(() =>
            {
                Directory.Delete(group);
                return Task.CompletedTask;
            });
            await File.WriteAllTextAsync(Path.Combine(group, "memory.limit_in_bytes"), $"{Memory}", cancellationToken);
            var service = new LabService(run, run.MakeFolder("memory"))
            {
                Settings = { "--ConnectionStrings:Ledger=" + cluster.ConnectionString },
                Wrapper = { "sh", "-c", $"echo $$ > {group}/tasks; exec \"$@\"", "sh" },
            };
            await service.StartAsync(cancellationToken);
            // Being slower is no failure here.
            using var wire = new WitnessClient(service.Address, service.Key, TimeSpan.FromMinutes(30));
            using var body = new StreamContent(new Repeated((long)mebibytes << 20));
            var answer = await wire.AskAsync(HttpMethod.Put, "/api/files/large.bin", body, cancellationToken);
            run.Check(answer?.Status == 201 && answer.Json!["size"]!.GetValue<long>() == (long)mebibytes << 20,
                $"{mebibytes} MiB under a limit of {Memory >> 20} MiB were answered with {answer}");
            run.Injected++;
            run.Acknowledged++;
            var peak = await File.ReadAllTextAsync(Path.Combine(group, "memory.max_usage_in_bytes"), cancellationToken);
            run.Figures.Add($"{mebibytes} MiB in one request under {Memory >> 20} MiB of memory, page cache included (most used: "
                + $"{long.Parse(peak, System.Globalization.CultureInfo.InvariantCulture) >> 20} MiB)");
            run.Check(await service.StopAsync() == 0, "the service did not stop in good order");
        }

        // Limits from the start on: the runtime does not retry a file that it could not open at first use.
        async Task ColdAsync()
        {
            await ForgetAsync();
            var service = new LabService(run, run.MakeFolder("cold"))
            {
                Settings = { "--ConnectionStrings:Ledger=" + cluster.ConnectionString },
                Wrapper = { "prlimit", $"--nofile={Few}:{Few}", "--" },
            };
            await service.StartAsync(cancellationToken);
            run.Injected++;
            var witness = new WitnessHandle(run, service, clients: Clients, largest: 60_000);
            await witness.LoadAsync(cancellationToken);
            await witness.AckedAsync(300, cancellationToken);
            await witness.FinishAsync(cancellationToken);
            run.Figures.Add($"{Clients} clients from the first request on, of a service that may open {Few} files");
            await service.FsckAsync(cancellationToken);
            run.Check(await service.StopAsync() == 0, "the service did not stop in good order");
        }

        // With the allowed minimum of descriptors, and with fewer: the service must say so and must not fail in the middle of its work.
        async Task LeastAsync()
        {
            await ForgetAsync();
            foreach (var limit in (int[])[TooFew, Least - 1])
            {
                var barred = new LabService(run, run.MakeFolder($"barred-{limit}"))
                {
                    Settings = { "--ConnectionStrings:Ledger=" + cluster.ConnectionString },
                    Wrapper = { "prlimit", $"--nofile={limit}:{limit}", "--" },
                };
                barred.Launch();
                await barred.Ended.WaitAsync(Refusing, TimeProvider.System, cancellationToken);
                var said = barred.Output.Where(line => line.Length > 0).ToArray();
                run.Check(barred.ExitCode == 2 && said is [var only] && only.Contains($"{limit}", StringComparison.Ordinal)
                    && only.Contains($"{Least}", StringComparison.Ordinal),
                    $"a service that may open {limit} files ended with {barred.ExitCode} and said: {string.Join('\n', said)}");
                run.Injected++;
            }

            var service = new LabService(run, run.MakeFolder("least"))
            {
                Settings = { "--ConnectionStrings:Ledger=" + cluster.ConnectionString, "--Database:MaxPoolSize=2" },
                Wrapper = { "prlimit", $"--nofile={Least}:{Least}", "--" },
            };
            await service.StartAsync(cancellationToken);
            run.Injected += 2;
            // The minimum must leave room for the reserve, and for a socket and a file of each of the fewest connections.
            var idle = Processes.Descriptors(service.ProcessId);
            run.Check(idle + IOpenFileReserve.Most + (2 * FewestConnections) <= Least,
                $"an idle service holds {idle} of the {Least} descriptors that it says it needs");
            var witness = new WitnessHandle(run, service, clients: 32, largest: 60_000);
            await witness.LoadAsync(cancellationToken);
            await witness.AckedAsync(run.IsSoak ? 20_000 : 400, cancellationToken);
            var busy = Processes.Descriptors(service.ProcessId);
            await witness.FinishAsync(cancellationToken);
            run.Floor("acknowledgements of a service with as few descriptors as it may have", witness.Acks, run.IsSoak ? 20_000 : 400);
            run.Figures.Add($"32 clients of a service that may open {Least} files and has 2 connections to the database: {idle} open "
                + $"when idle, {busy} under load, {witness.Acks} acknowledgements");
            await service.FsckAsync(cancellationToken);
            run.Check(await service.StopAsync() == 0, "the service did not stop in good order");
        }

        async Task ForgetAsync() => _ = await cluster.AskAsync(
            "drop schema if exists chunkupload cascade; drop schema if exists chunkupload_scheduler cascade", cancellationToken);

        async Task FewAsync()
        {
            await ForgetAsync();
            var service = new LabService(run, run.MakeFolder("few"))
            {
                Settings = { "--ConnectionStrings:Ledger=" + cluster.ConnectionString, "--Database:MaxPoolSize=4" },
            };
            await service.StartAsync(cancellationToken);
            var witness = new WitnessHandle(run, service, clients: 32, largest: 60_000);
            await witness.LoadAsync(cancellationToken);
            await witness.AckedAsync(200, cancellationToken);
            // Lowers the limit step by step to the smallest number of files and connections seen open under load, which is fewer than the
            // clients ask for at times. The reserve for the runtime is not touched.
            var fewest = int.MaxValue;
            for (var look = 0; look < Looks; look++)
            {
                fewest = Math.Min(fewest, Processes.Descriptors(service.ProcessId));
                await Task.Delay(Glance, TimeProvider.System, cancellationToken);
            }

            var limit = fewest + IOpenFileReserve.Most;
            await AllowAsync(limit);
            run.Injected += 2;
            await witness.AckedAsync(run.IsSoak ? 20_000 : 400, cancellationToken);
            // If the load was heavy while it was measured and is lighter now, the limit is never reached.
            for (var step = 0; step < Steps && Refused() == 0; step++)
            {
                limit -= Step;
                await AllowAsync(limit);
                await witness.AckedAsync(100, cancellationToken);
            }

            await witness.FinishAsync(cancellationToken);
            var refused = Refused();
            run.Floor("refusals by too many open files", refused, 1);
            run.Figures.Add($"32 clients with {limit} descriptors and 4 connections to the database, {refused} times refused");
            await AllowAsync(4096);
            await service.FsckAsync(cancellationToken);
            run.Check(await service.StopAsync() == 0, "the service did not stop in good order");

            Task AllowAsync(int files) =>
                Shell.RunAsync("prlimit", [$"--pid={service.ProcessId}", $"--nofile={files}:"], cancellationToken);
            long Refused() => witness.Answers.Where(answer => answer.Key.StartsWith("503", StringComparison.Ordinal))
                .Sum(answer => answer.Value!.GetValue<long>());
        }
    }

    /// <summary>A stream of generated bytes.</summary>
    private sealed class Repeated(long length) : Stream
    {
        private long _position;

        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position { get => _position; set => _position = value; }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            var take = (int)Math.Min(buffer.Length, length - _position);
            buffer[..take].Fill((byte)(_position >> 16));
            _position += take;
            return take;
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
