using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ChunkUpload.FaultLab.Run;
using ChunkUpload.FaultLab.Service;
using ChunkUpload.FaultLab.Witness;

namespace ChunkUpload.FaultLab.Tests;

/// <summary>
/// Every system call on the way of an upload fails once, in every way that it can: the upload is not answered with a success, no descriptor
/// is flushed again, and as soon as the fault has passed the same upload goes through. A short write and an interrupted call do no harm.
/// Or pairs of faults, at random.
/// </summary>
internal sealed class SyscallTest(bool pairs) : IFaultTest
{
    private const int TooManyOpenFiles = 24, InputOutput = 5, NoSpace = 28, ReadOnly = 30, Quota = 122;
    private const int Size = 150_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    // After these the volume takes no writes until a probe has passed, some seconds later.
    private static readonly int[] Hard = [InputOutput, ReadOnly];

    private static readonly ShimCall[] Swept = [ShimCall.OpenAt, ShimCall.Pwrite, ShimCall.Fsync, ShimCall.Fdatasync, ShimCall.RenameAt2, ShimCall.Fallocate];

    private static readonly ShimCall[] MustFail = [ShimCall.OpenAt, ShimCall.Pwrite, ShimCall.Fsync, ShimCall.Fdatasync, ShimCall.RenameAt2];

    public string Name => pairs ? "pairs" : "syscalls";

    public string Number => "T3";

    public string Question => pairs ? "Do two failed system calls do what one does not?" : "Is a failed system call ever answered with a success?";

    // The other one has a few of them.
    public bool InCi => !pairs;

    public async Task RunAsync(LabRun run, CancellationToken cancellationToken)
    {
        var cluster = await OwnCluster.CreateAsync(run, run.Place("pg"), cancellationToken);
        var service = new LabService(run, run.MakeFolder("data")) { Settings = { "--ConnectionStrings:Ledger=" + cluster.ConnectionString } };
        using var shim = await Shim.AttachAsync(run, service, cancellationToken);
        await service.StartAsync(cancellationToken);
        using var wire = new Wire(service.Address, service.Key);
        var process = service.ProcessId;
        var (seed, percent) = (0UL, run.Count(ci: 20, soak: 100));
        var uploads = new (string Name, Func<ulong, Task<(Answer? Answer, string? Content)>> Run)[] { ("put", PutAsync), ("tus", TusAsync), ("chunk", ChunkAsync) };
        foreach (var (name, upload) in pairs ? [] : uploads)
        {
            foreach (var call in Swept)
            {
                foreach (var sticky in run.IsSoak ? new[] { false, true } : [false])
                {
                    foreach (var code in Codes(call).Where(code => !sticky || code > 0))
                        await SweepAsync(name, upload, call, code, sticky);
                }
            }
        }

        for (var pair = pairs ? run.Count(ci: 100, soak: 10_000) : 12; pair > 0; pair--)
            await PairAsync();
        run.Figures.Add($"{seed} uploads");
        run.Check(service.IsRunning && service.ProcessId == process, "the service has ended");
        run.Check(shim.Retried == 0, $"{shim.Retried} descriptors were flushed again after their flush had failed");
        shim.Disarm();
        run.Floor("faults that were met", run.Injected, 50);
        await service.FsckAsync(cancellationToken);

        // Every call of this kind on the way of one upload, one after the other, until there is none left.
        async Task SweepAsync(string name, Func<ulong, Task<(Answer? Answer, string? Content)>> upload, ShimCall call, int code, bool sticky)
        {
            for (var which = 1; ; which++)
            {
                // A volume that has to be probed takes seconds: in CI one in some of these.
                var slow = Hard.Contains(code) || (call is ShimCall.Fsync or ShimCall.Fdatasync && code > 0);
                if (slow && run.Random.Next(100) >= percent)
                    return;

                var where = $"{name}: {call} {which} fails with {code}{(sticky ? ", from then on" : "")}";
                shim.Arm(call, code, which, sticky);
                var (answer, content) = await upload(++seed);
                var fired = shim.Fired;
                shim.Disarm();
                if (fired == 0)
                    return;
                run.Injected++;
                var success = answer?.Status is 200 or 201 or 204;
                if (code <= 0)
                    run.Check(success, $"{where}, harmlessly, and it was answered with {answer}");
                else if (MustFail.Contains(call))
                    run.Check(!success, $"{where}, and it was answered with {answer}");
                run.Check(answer?.Status is not 500, $"{where}, and it was answered with {answer}");
                if (success)
                    await CompareAsync(seed, content!, where);
                await AgainAsync(upload, where);
            }
        }

        // The second one meets the same upload, or the one after it that is to mend what the first one has broken.
        async Task PairAsync()
        {
            var (name, upload) = uploads[run.Random.Next(uploads.Length)];
            var ((first, code), (second, other)) = (Any(), Any());
            var where = $"{name}: {first} fails with {code}, and {second} with {other}";
            shim.Arm(first, code, run.Random.Next(1, 3), sticky: false);
            shim.ArmToo(second, other, run.Random.Next(1, 4));
            var (answer, content) = await upload(++seed);
            run.Check(answer?.Status is not 500, $"{where}, and it was answered with {answer}");
            if (answer?.Status is 200 or 201 or 204)
                await CompareAsync(seed, content!, where);
            await AgainAsync(upload, where);
            run.Injected += shim.Fired;
            shim.Disarm();
        }

        (ShimCall Call, int Code) Any()
        {
            while (true)
            {
                var call = Swept[run.Random.Next(Swept.Length)];
                var codes = Codes(call).ToArray();
                var code = codes[run.Random.Next(codes.Length)];
                // In CI none after which the volume has to be probed.
                if (pairs || !(Hard.Contains(code) || call is ShimCall.Fsync or ShimCall.Fdatasync))
                    return (call, code);
            }
        }

        async Task AgainAsync(Func<ulong, Task<(Answer? Answer, string? Content)>> upload, string where)
        {
            var began = TimeProvider.System.GetTimestamp();
            while (true)
            {
                var (answer, content) = await upload(++seed);
                if (answer?.Status is 200 or 201 or 204)
                {
                    run.Acknowledged++;
                    await CompareAsync(seed, content!, where);
                    return;
                }

                if (TimeProvider.System.GetElapsedTime(began) > Patience)
                    throw new LabException($"{where}, and uploads do not go on when it has passed: {answer}");
                // A volume that takes no writes is probed by this job, and need not be waited for until it is probed by itself.
                if (answer?.Status is 503)
                    _ = await wire.AskAsync(HttpMethod.Post, "/api/jobs/finish-pending/run", null, cancellationToken);
                await Task.Delay(Pause, TimeProvider.System, cancellationToken);
            }
        }

        async Task CompareAsync(ulong which, string content, string where)
        {
            var served = await wire.AskAsync(HttpMethod.Get, content, null, cancellationToken);
            run.Check(served?.Status == 200 && served.Body.AsSpan().SequenceEqual(Material.Bytes(which, 0, Size)), $"{where}, and the content is then answered with {served}");
        }

        async Task<(Answer?, string?)> PutAsync(ulong which)
        {
            var answer = await wire.AskAsync(HttpMethod.Put, "/api/files/s.bin", new ByteArrayContent(Material.Bytes(which, 0, Size)), cancellationToken);
            return (answer, answer?.Status == 201 ? $"/api/files/{answer.Json!["id"]}/content" : null);
        }

        async Task<(Answer?, string?)> TusAsync(ulong which)
        {
            var created = await wire.AskAsync(HttpMethod.Post, "/files", null, cancellationToken, ("Tus-Resumable", "1.0.0"), ("Upload-Length", $"{Size}"));
            if (created?.Status != 201)
                return (created, null);
            var answer = await wire.AskAsync(HttpMethod.Patch, created.Path, new ByteArrayContent(Material.Bytes(which, 0, Size)), cancellationToken,
                ("Tus-Resumable", "1.0.0"), ("Upload-Offset", "0"), ("Content-Type", "application/offset+octet-stream"));
            return (answer, $"/api/files/{created.Path.Split('/')[^1]}/content");
        }

        async Task<(Answer?, string?)> ChunkAsync(ulong which)
        {
            var created = await wire.AskAsync(HttpMethod.Post, "/api/sessions", JsonContent.Create(new JsonObject { ["fileName"] = "s.bin", ["size"] = Size }), cancellationToken);
            if (created?.Status != 201)
                return (created, null);
            var path = $"/api/sessions/{created.Json!["id"]}";
            var answer = await wire.AskAsync(HttpMethod.Put, $"{path}/chunks/0", new ByteArrayContent(Material.Bytes(which, 0, Size)), cancellationToken, ("X-Chunk-SHA256", Material.Sha256(which, 0, Size)));
            if (answer?.Status != 201)
                return (answer, null);
            // The fault may be met by what happens beside it; completing must be possible all the same, at the latest when it has passed.
            var began = TimeProvider.System.GetTimestamp();
            while ((await wire.AskAsync(HttpMethod.Post, $"{path}/complete", null, cancellationToken))?.Status is not 200 && TimeProvider.System.GetElapsedTime(began) < Patience)
                await Task.Delay(Pause, TimeProvider.System, cancellationToken);
            return (answer, $"/api/files/{created.Json!["id"]}/content");
        }
    }

    private static IEnumerable<int> Codes(ShimCall call) => call switch
    {
        ShimCall.OpenAt => [TooManyOpenFiles, NoSpace, Quota, InputOutput, ReadOnly, Shim.Interrupted],
        ShimCall.Pwrite => [NoSpace, Quota, Shim.Short, Shim.Interrupted, InputOutput, ReadOnly],
        ShimCall.RenameAt2 => [NoSpace, Quota, InputOutput, ReadOnly],
        ShimCall.Fallocate => [NoSpace, Quota, Shim.Interrupted, InputOutput],
        _ => [InputOutput, NoSpace, Quota, Shim.Interrupted],
    };
}
