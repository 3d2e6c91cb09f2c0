using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using ChunkUpload.Client;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>A user's machine: files, the state of transfers, and clients of a service or of a proxy before it.</summary>
internal sealed class ClientRig : IDisposable
{
    /// <summary>The arguments that start cu beside the tests, with what they bring.</summary>
    public static readonly string[] Program =
    [
        "exec", "--runtimeconfig", Beside("ChunkUpload.Tests.runtimeconfig.json"), "--depsfile", Beside("ChunkUpload.Tests.deps.json"),
        Beside("cu.dll"),
    ];

    private readonly List<IDisposable> _clients = [];
    private readonly ConcurrentBag<Process> _programs = [];

    public string Folder { get; } = ServiceFolder.Create();

    /// <summary>The network namespace in which the machine's programs run; <c>null</c> for that of the tests.</summary>
    public string? Namespace { get; init; }

    /// <summary>The library that shifts the clock of the machine's programs, and by how much; <c>null</c> for the right time.</summary>
    public (string Library, string Shift)? Clock { get; set; }

    public string States => Path.Combine(Folder, "state", "chunkupload");

    public void Dispose()
    {
        _clients.ForEach(client => client.Dispose());
        foreach (var program in _programs)
        {
            // A test that has failed leaves it running.
            if (!program.HasExited)
                program.Kill();
            program.WaitForExit();
            program.Dispose();
        }

        ServiceFolder.Remove(Folder);
    }

    public string File(string name, int length, int seed = 1)
    {
        var path = At(name);
        System.IO.File.WriteAllBytes(path, Bytes(length, seed));
        return path;
    }

    public string At(string name) => Path.Combine(Folder, name);

    public static byte[] Bytes(int length, int seed = 1)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static string Sha256(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <param name="near">Files of more than 1 MiB go as one stream, as if the service were near.</param>
    public ChunkUploadClient Client(
        Uri service, string? key, HttpMessageHandler? handler = null, RetryPolicy? retry = null, bool near = false)
    {
        var http = handler is null ? null : new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        if (http is not null)
            _clients.Add(http);
        var client = new ChunkUploadClient(
            new ChunkUploadClientOptions
            {
                Service = service,
                Key = key,
                StateDirectory = States,
                Retry = retry ?? RetryPolicy.Default,
                SmallFile = near ? 1 << 20 : new ChunkUploadClientOptions { Service = service }.SmallFile,
                NearFile = near ? 1 << 20 : long.MaxValue,
                NearTime = TimeSpan.FromMinutes(1),
            },
            http);
        _clients.Add(client);
        return client;
    }

    /// <summary>Runs until this number of bytes is safe, and then cancels.</summary>
    public static async Task InterruptAsync(long safe, Func<IProgress<TransferProgress>, CancellationToken, Task> run)
    {
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run(
            new Reports(now =>
            {
                if (now.Safe >= safe && now.Safe < now.Size)
                    stop.Cancel();
            }),
            stop.Token));
    }

    /// <summary>Starts cu as a process.</summary>
    public Process Cu(Uri service, string? keyFile, params string[] arguments)
    {
        string[] target = keyFile is null ? [] : ["--url", service.AbsoluteUri, "--key-file", keyFile];
        var program = Process.Start(Start([.. arguments, .. target]))!;
        try
        {
            _programs.Add(Process.GetProcessById(program.Id));
        }
        catch (ArgumentException)
        {
            // It has ended.
        }

        return program;
    }

    /// <summary>Returns the next line that a program writes to its standard error.</summary>
    public static Task<string?> NoteAsync(Process program) => program.StandardError.ReadLineAsync().WaitAsync(Eventually.Limit);

    /// <summary>Waits for the end of a program, and returns its exit code and the rest of its output.</summary>
    public static async Task<(int Code, string Errors)> EndAsync(Process program)
    {
        var errors = program.StandardError.ReadToEndAsync();
        await program.WaitForExitAsync().WaitAsync(Eventually.Limit);
        return (program.ExitCode, await errors);
    }

    /// <summary>How cu is started, for this user alone.</summary>
    public ProcessStartInfo Start(string[] arguments)
    {
        var start = StartIn(Namespace, [.. Program, .. arguments]);
        start.WorkingDirectory = Folder;
        start.Environment["XDG_STATE_HOME"] = Path.Combine(Folder, "state");
        start.Environment["XDG_CONFIG_HOME"] = Path.Combine(Folder, "config");
        start.Environment["XDG_RUNTIME_DIR"] = Folder;
        if (Clock is { } clock)
        {
            (start.Environment["LD_PRELOAD"], start.Environment["FAKETIME"]) = (clock.Library, clock.Shift);
            start.Environment["FAKETIME_DONT_FAKE_MONOTONIC"] = "1";
            // The times of files are no clock.
            start.Environment["NO_FAKE_STAT"] = "1";
            // Otherwise blocking waits with a limit end at once.
            start.Environment["FAKETIME_FORCE_MONOTONIC_FIX"] = "0";
        }

        // No keyring and no browser but those of the test.
        start.Environment["PATH"] = At("bin");
        foreach (var name in (string[])
            ["CU_URL", "CU_KEY", "CU_KEY_FILE", "CU_PROFILE", "BROWSER", "DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION"])
            _ = start.Environment.Remove(name);
        return start;
    }

    /// <summary>How dotnet is started, with its streams redirected.</summary>
    /// <param name="space">A network namespace, which only root may enter.</param>
    public static ProcessStartInfo StartIn(string? space, string[] arguments) => new(
        space is null ? "dotnet" : "ip", space is null ? arguments : ["netns", "exec", space, DotNet, .. arguments])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        RedirectStandardInput = true,
    };

    // A process in a namespace has another PATH.
    private static string DotNet => Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, "dotnet")).First(System.IO.File.Exists);

    /// <summary>Runs cu to its end.</summary>
    public async Task<(int Code, string Output, string Errors)> RunCuAsync(Uri service, string? keyFile, params string[] arguments)
    {
        using var process = Cu(service, keyFile, arguments);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(Eventually.Limit);
        return (process.ExitCode, await output, await errors);
    }

    public static string Beside(string name) => Path.Combine(AppContext.BaseDirectory, name);

    public static JsonElement Line(string output) => JsonDocument.Parse(output.Split('\n')[0]).RootElement.Clone();

    internal sealed class Reports(Action<TransferProgress> report) : IProgress<TransferProgress>
    {
        public void Report(TransferProgress value) => report(value);
    }
}

/// <summary>A proxy that accepts bodies up to a size, and refuses larger ones itself.</summary>
internal sealed class SmallBodyProxy(long most) : DelegatingHandler(new SocketsHttpHandler())
{
    public int Refused { get; private set; }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (!(request.Content?.Headers.ContentLength > most))
            return base.SendAsync(request, cancellationToken);
        Refused++;
        return Task.FromResult(new HttpResponseMessage(System.Net.HttpStatusCode.RequestEntityTooLarge)
        {
            Content = new StringContent("<html>too large</html>", System.Text.Encoding.UTF8, "text/html"),
        });
    }
}

/// <summary>A network on which the first answers with content, or from one path, break off after some bytes.</summary>
internal sealed class BreakingNetwork(int breaks, long after, string? path = null) : DelegatingHandler(new SocketsHttpHandler())
{
    private int _left = breaks;
    private long _passed;

    public int Left => _left;

    /// <summary>The bytes of all these answers that came through.</summary>
    public long Passed => Volatile.Read(ref _passed);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var answer = await base.SendAsync(request, cancellationToken);
        var applies = path is null ? request.Headers.Range is not null : request.RequestUri!.AbsolutePath == path;
        if (!applies)
            return answer;
        var most = Interlocked.Decrement(ref _left) < 0 ? long.MaxValue : after;
        var headers = answer.Content.Headers;
        var content = new StreamContent(
            new Breaking(await answer.Content.ReadAsStreamAsync(cancellationToken), most, read => Interlocked.Add(ref _passed, read)));
        foreach (var (name, values) in headers)
            _ = content.Headers.TryAddWithoutValidation(name, values);
        answer.Content = content;
        return answer;
    }

    private sealed class Breaking(Stream inner, long left, Action<int> passed) : Stream
    {
        private long _left = left;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_left <= 0)
                throw new IOException("The network broke.");
            var read = await inner.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _left)], cancellationToken);
            _left -= read;
            passed(read);
            return read;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
