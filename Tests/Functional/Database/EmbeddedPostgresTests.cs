using ChunkUpload.Core.Hosting;
using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Infrastructure.Database.Embedded;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Database;

public sealed class EmbeddedPostgresTests : IDisposable
{
    private const int Adopted = 2003;
    private const int Restarts = 2004;
    private const int Revived = 2008;

    private readonly TempFolder _data = new();
    private readonly EventGate<EmbeddedPostgres> _log = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task First_start_makes_a_durable_cluster_on_a_private_socket()
    {
        await using var postgres = Create();

        await postgres.StartAsync(CancellationToken.None);

        Assert.Equal(_data["postgres"], postgres.Directory);
        Assert.Equal("", await AskAsync(postgres, "show listen_addresses"));
        Assert.Equal("on", await AskAsync(postgres, "show fsync"));
        Assert.Equal("on", await AskAsync(postgres, "show synchronous_commit"));
        Assert.Equal("on", await AskAsync(postgres, "show data_checksums"));
        Assert.Equal("UTF8", await AskAsync(postgres, "show server_encoding"));
        Assert.Equal("700", Convert.ToString((int)File.GetUnixFileMode(_data["postgres", "socket"]), 8));
    }

    [Fact]
    public async Task The_server_has_a_session_of_its_own_so_that_the_terminals_interrupt_passes_it_by()
    {
        await using var postgres = Create();
        await postgres.StartAsync(CancellationToken.None);

        var stat = await File.ReadAllTextAsync($"/proc/{postgres.ProcessId}/stat");

        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        Assert.Equal($"{postgres.ProcessId}", fields[2]);
        Assert.Equal($"{postgres.ProcessId}", fields[3]);
    }

    [RootFact]
    public async Task Root_drops_to_another_user_who_may_only_pass_through_the_data_directory()
    {
        await using var postgres = Create();
        await postgres.StartAsync(CancellationToken.None);

        var owner = Paths.Look(_data["postgres"])!.Value.Owner;

        Assert.NotEqual(0u, owner);
        Assert.Equal(owner, Paths.Look($"/proc/{postgres.ProcessId}")!.Value.Owner);
        Assert.Equal("710", Convert.ToString((int)File.GetUnixFileMode(_data.Path), 8));
    }

    [Fact]
    public async Task Stop_ends_the_server_and_the_next_start_finds_what_was_written()
    {
        await using var first = Create();
        await first.StartAsync(CancellationToken.None);
        await AskAsync(first, "create table kept as select 7 as number");
        var process = first.ProcessId;
        await first.StopAsync(CancellationToken.None);
        Assert.Null(Postmaster.Of(process));

        await using var second = Create();
        await second.StartAsync(CancellationToken.None);

        Assert.Equal("7", await AskAsync(second, "select number::text from kept"));
        Assert.False(_log.WasLogged(Adopted));
    }

    [Fact]
    public async Task A_server_that_outlived_its_service_is_adopted()
    {
        await using var abandoned = Create();
        await abandoned.StartAsync(CancellationToken.None);
        await AskAsync(abandoned, "create table kept as select 7 as number");
        await abandoned.LeaveAsync();

        await using var next = Create();
        await next.StartAsync(CancellationToken.None);

        Assert.Equal(abandoned.ProcessId, next.ProcessId);
        Assert.True(_log.WasLogged(Adopted));
        Assert.Equal("7", await AskAsync(next, "select number::text from kept"));
        await next.StopAsync(CancellationToken.None);
        Assert.Null(Postmaster.Find(_data["postgres"]));
    }

    [Fact]
    public async Task A_server_that_outlived_its_service_is_started_anew_when_the_settings_changed()
    {
        await using var abandoned = Create();
        await abandoned.StartAsync(CancellationToken.None);
        var former = abandoned.ProcessId;
        await abandoned.LeaveAsync();

        await using var next = Create(new DatabaseOptions { MaxPoolSize = 10 });
        await next.StartAsync(CancellationToken.None);

        Assert.True(_log.WasLogged(Restarts));
        Assert.NotEqual(former, next.ProcessId);
        Assert.Equal("50", await AskAsync(next, "show max_connections"));
    }

    [Fact]
    public async Task A_start_waits_for_the_backends_of_a_killed_server_to_leave()
    {
        await using var killed = Create();
        await killed.StartAsync(CancellationToken.None);
        await using var connection = new NpgsqlConnection(killed.ConnectionString);
        await connection.OpenAsync();
        await killed.LeaveAsync();
        Assert.Equal(0, Libc.Kill(killed.ProcessId, 9));

        await using var next = Create();
        await next.StartAsync(CancellationToken.None);

        Assert.Equal("1", await AskAsync(next, "select '1'"));
    }

    [Fact]
    public async Task A_start_removes_the_empty_lock_file_of_a_server_that_was_killed_while_it_made_it()
    {
        await using var first = Create();
        await first.StartAsync(CancellationToken.None);
        await first.StopAsync(CancellationToken.None);
        await File.WriteAllBytesAsync(Path.Combine(_data["postgres"], "postmaster.pid"), []);

        await using var next = Create();
        await next.StartAsync(CancellationToken.None);

        Assert.Equal("1", await AskAsync(next, "select '1'"));
    }

    [Fact]
    public async Task A_server_that_dies_while_the_service_runs_is_started_again()
    {
        await using var postgres = Create();
        await postgres.StartAsync(CancellationToken.None);
        var former = postgres.ProcessId;

        Assert.Equal(0, Libc.Kill(former, Libc.SignalQuit));
        await _log.Logged(Revived);

        Assert.NotEqual(former, postgres.ProcessId);
        Assert.Equal("1", await AskAsync(postgres, "select '1'"));
    }

    [Fact]
    public async Task A_pid_file_that_names_an_unrelated_process_does_not_block_the_start()
    {
        await using var first = Create();
        await first.StartAsync(CancellationToken.None);
        await first.StopAsync(CancellationToken.None);
        var owner = Account.ByUser(Paths.Look(_data["postgres"])!.Value.Owner)!;
        using var unrelated = Command.Start("/bin/sleep", ["1000"], Environment.IsPrivilegedProcess ? owner : null);
        await File.WriteAllTextAsync(_data["postgres", "postmaster.pid"], $"{unrelated.Id}\n{_data["postgres"]}\n");

        await using var second = Create();
        await second.StartAsync(CancellationToken.None);

        Assert.Equal("1", await AskAsync(second, "select '1'"));
        unrelated.Kill();
        await unrelated.WaitForExitAsync();
    }

    [Fact]
    public async Task A_data_directory_with_a_long_path_gets_a_short_private_socket_folder()
    {
        var deep = _data[new string('d', 100)];
        Directory.CreateDirectory(deep);
        _ = _data.Passable();
        await using var postgres = Create(directory: deep);

        await postgres.StartAsync(CancellationToken.None);

        var socket = new NpgsqlConnectionStringBuilder(postgres.ConnectionString).Host!;
        Assert.StartsWith("/tmp/chunkupload-", socket, StringComparison.Ordinal);
        Assert.Equal("700", Convert.ToString((int)File.GetUnixFileMode(socket), 8));
        Assert.Equal("1", await AskAsync(postgres, "select '1'"));
        await postgres.StopAsync(CancellationToken.None);
        Assert.False(Directory.Exists(socket));
    }

    [Fact]
    public async Task A_cluster_that_was_half_made_is_made_again()
    {
        Directory.CreateDirectory(_data["postgres.new-1", "base"]);
        await using var postgres = Create();

        await postgres.StartAsync(CancellationToken.None);

        Assert.False(Directory.Exists(_data["postgres.new-1"]));
        Assert.Equal("1", await AskAsync(postgres, "select '1'"));
    }

    [RootFact]
    public async Task A_data_directory_that_is_closed_to_the_databases_user_has_its_cluster_elsewhere()
    {
        Directory.CreateDirectory(_data["closed"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Directory.CreateDirectory(_data["closed", "data"]);
        _ = _data.Passable();
        var store = Guid.NewGuid();
        var options = new DatabaseOptions { PrivateDirectory = _data["private"] };
        await using var first = Create(options, _data["closed", "data"], store);

        await first.StartAsync(CancellationToken.None);
        await AskAsync(first, "create table kept as select 7 as number");
        await first.StopAsync(CancellationToken.None);

        Assert.Equal(_data["private", $"{store}", "postgres"], first.Directory);
        Assert.Contains(first.Directory, await _log.Logged(2002), StringComparison.Ordinal);

        // The data directory records where its cluster is; a later change of the setting has no effect.
        await using var second = Create(directory: _data["closed", "data"], store: store);
        await second.StartAsync(CancellationToken.None);
        Assert.Equal("7", await AskAsync(second, "select number::text from kept"));

        // A copy of the data directory points there as well.
        Directory.CreateDirectory(_data["copy"]);
        File.CreateSymbolicLink(_data["copy", "postgres"], first.Directory);
        var refused = await Assert.ThrowsAsync<StartRefusedException>(
            () => Create(directory: _data["copy"], store: store).StartAsync(CancellationToken.None));
        Assert.Contains("already uses", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("9.6", "made by PostgreSQL 9,")]
    [InlineData("99", "install PostgreSQL 99")]
    [InlineData("none", "bring the cluster back")]
    public async Task Refuses_a_cluster_of_another_major_version(string version, string sentence)
    {
        Directory.CreateDirectory(_data["postgres"]);
        await File.WriteAllTextAsync(_data["postgres", "PG_VERSION"], version);
        if (Account.ByName("nobody") is { } nobody && Environment.IsPrivilegedProcess)
            Assert.Equal(0, Libc.Lchown(_data["postgres"], nobody.User, nobody.Group));

        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => Create().StartAsync(CancellationToken.None));

        Assert.Contains(sentence, refused.Message, StringComparison.Ordinal);
    }

    [RootFact]
    public async Task Refuses_a_cluster_that_belongs_to_root()
    {
        Directory.CreateDirectory(_data["postgres"]);

        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => Create().StartAsync(CancellationToken.None));

        Assert.Contains("belongs to root", refused.Message, StringComparison.Ordinal);
        Assert.Contains("chown", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_when_the_cluster_that_the_data_directory_points_at_is_gone()
    {
        File.CreateSymbolicLink(_data["postgres"], _data["nowhere"]);

        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => Create().StartAsync(CancellationToken.None));

        Assert.Contains("bring it back from a backup", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_when_no_programs_are_found()
    {
        var postgres = Create(new DatabaseOptions { BinDirectory = _data["bin"] });

        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => postgres.StartAsync(CancellationToken.None));

        Assert.Contains("were not found", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_programs_that_are_too_old()
    {
        Program("postgres", "echo 'postgres (PostgreSQL) 14.12 (Debian 14.12-1)'");
        Program("initdb", "exit 1");
        var postgres = Create(new DatabaseOptions { BinDirectory = _data["bin"] });

        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => postgres.StartAsync(CancellationToken.None));

        Assert.Contains("version 14", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_with_the_programs_own_words_when_the_cluster_cannot_be_made()
    {
        Program("postgres", "echo 'postgres (PostgreSQL) 16beta1'");
        Program("initdb", "echo 'initdb: error: the disk is on fire' >&2; exit 1");
        _ = _data.Passable();
        var postgres = Create(new DatabaseOptions { BinDirectory = _data["bin"] });

        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => postgres.StartAsync(CancellationToken.None));

        Assert.Contains("the disk is on fire", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(_data.Path, "postgres*"));
    }

    [Fact]
    public async Task Refuses_with_the_servers_own_words_when_it_does_not_start()
    {
        await using var first = Create();
        await first.StartAsync(CancellationToken.None);
        await first.StopAsync(CancellationToken.None);
        await File.WriteAllTextAsync(_data["postgres", "postgresql.conf"], "no_such_setting = 1\n");

        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => Create().StartAsync(CancellationToken.None));

        Assert.Contains("postgresql.conf", refused.Message, StringComparison.Ordinal);
    }

    private EmbeddedPostgres Create(DatabaseOptions? options = null, string? directory = null, Guid? store = null) =>
        new(directory ?? _data.Path, store ?? Guid.NewGuid(), options ?? new DatabaseOptions(), _log);

    private void Program(string name, string script)
    {
        Directory.CreateDirectory(_data["bin"]);
        File.WriteAllText(_data["bin", name], $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(_data["bin", name], (UnixFileMode)0x1ed);
    }

    private static async Task<string?> AskAsync(EmbeddedPostgres postgres, string sql)
    {
        await using var connection = new NpgsqlConnection(postgres.ConnectionString + ";Pooling=false");
        return await connection.ExecuteScalarAsync<string>(sql);
    }
}
