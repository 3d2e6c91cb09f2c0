using ChunkUpload.FaultLab.Run;
using ChunkUpload.FaultLab.Service;
using ChunkUpload.FaultLab.Witness;
using ChunkUpload.Tests.Upgrade;

namespace ChunkUpload.FaultLab.Tests;

/// <summary>
/// The service is killed before each of the requests by which its first start creates the schema, and of those by which a start replaces
/// the functions of an older version in a ledger with uploads, or upgrades the kept ledger of a release. The next start finds the old
/// schema or the new one, ends with the schema that an undisturbed start creates, and serves what was there.
/// </summary>
internal sealed class UpgradeTest : IFaultTest
{
    // One for each function, and one for each numbered file.
    private const int MostRequests = 600;

    // Functions of an older version: one has gone since, one has another content, and one is missing.
    private const string MakeOlder = """
        create function chunkupload_functions.gone_since() returns int language sql as 'select 1';
        create or replace function chunkupload_functions.service_seconds() returns bigint language sql stable as 'select 0::bigint';
        drop function chunkupload_functions.trim_history;
        update chunkupload.function_set set number = 0, checksum = sha256('older')
        """;

    public string Name => "upgrade";

    public string Number => "T24";

    public string Question => "Does a migration that is killed at any statement continue at the next start?";

    public async Task RunAsync(LabRun run, CancellationToken cancellationToken)
    {
        var cluster = await OwnCluster.CreateAsync(run, run.Place("pg"), cancellationToken);
        var proxy = new LinkProxy(run, cluster.Port);
        var wanted = await UndisturbedAsync();
        var total = (int)proxy.Requests;
        run.Floor("requests of a first start", total, 15);
        run.Check(total <= MostRequests, $"a first start makes {total} requests of the database");
        foreach (var kill in Kills(total, ci: 4))
        {
            await ForgetAsync();
            var service = new LabService(run, run.MakeFolder($"data-{kill}"))
            {
                Settings =
                { "--ConnectionStrings:Ledger=" + OwnCluster.ConnectionStringAt(proxy.Port) }
            };
            proxy.BeforeRequest(kill, () => service.KillAsync().GetAwaiter().GetResult());
            service.Launch();
            await proxy.Reached.WaitAsync(TimeSpan.FromMinutes(6), TimeProvider.System, cancellationToken);
            run.Injected++;
            await service.StartAsync(cancellationToken);
            run.Check(await SchemaAsync() == wanted, $"after a kill before request {kill} the schema is another one");
            using (var wire = new WitnessClient(service.Address, service.Key))
            {
                var answer =
                    await wire.AskAsync(HttpMethod.Put, "/api/files/after.bin", new ByteArrayContent(new byte[1000]), cancellationToken);
                run.Check(answer?.Status == 201, $"after a kill before request {kill} an upload is answered with {answer}");
                run.Acknowledged++;
            }

            await service.FsckAsync(cancellationToken);
            run.Check(await service.StopAsync() == 0, "the service did not stop in good order");
        }

        run.Figures.Add($"a first start makes {total} requests of the database");
        await OlderAsync();
        foreach (var release in KeptRelease.All(run.Root))
            await KeptAsync(release);

        // Uploads of a whole service; then its functions are made older ones, and replaced again in a copy of the ledger for each kill.
        async Task OlderAsync()
        {
            _ = await cluster.AskAsync("create database older", cancellationToken);
            var data = run.MakeFolder("older");
            var service = new LabService(
                run, data)
            { Settings = { "--ConnectionStrings:Ledger=" + OwnCluster.ConnectionStringAt(cluster.Port, "older") } };
            await service.StartAsync(cancellationToken);
            IReadOnlyList<Sent> acknowledged;
            using (var witness =
                new WitnessHandle(run, service, clients: 4, mix: "keep,session,session,tus,ietf,put,joined", largest: 60_000))
            {
                await witness.LoadAsync(cancellationToken);
                await witness.AckedAsync(run.IsSoak ? 600 : 150, cancellationToken);
                await witness.HoldAsync(cancellationToken);
                acknowledged = JournalReader.AsOf(await File.ReadAllLinesAsync(witness.JournalFile, cancellationToken), long.MaxValue);
                run.Acknowledged += witness.Acks;
            }

            run.Check(await service.StopAsync() == 0, "the service did not stop in good order");
            var made = await cluster.AskAsync(MakeOlder, cancellationToken, "older");
            if (made.Code != 0)
                throw new LabException($"The older functions could not be made: {made.Error}");
            run.Check(await SchemaAsync("older") != wanted, "the older functions are those of this version");
            var (kills, total) = await TrialsAsync(
                "older", data, newer => Comparison.RunAsync(run, newer, acknowledged, cancellationToken));
            run.Figures.Add($"{acknowledged.Count} uploads in a ledger with older functions, brought forward {kills + 1} times by "
                + $"at most {total} requests");
        }

        // What is kept of a release: a ledger with everything that a service may have left when it was killed.
        async Task KeptAsync(KeptRelease release)
        {
            var data = run.MakeFolder($"kept-{release.Number}");
            await release.UnpackAsync(data);
            var dump = run.Place($"kept-{release.Number}.sql");
            await release.WriteDumpAsync(dump);
            _ = await cluster.AskAsync("create database kept", cancellationToken);
            var (code, _, error) = await cluster.RunFileAsync(dump, cancellationToken, "kept");
            if (code != 0)
                throw new LabException($"The ledger of {release.Number} could not be restored: {error}");
            var facts = release.ReadFacts();
            var (kills, total) = await TrialsAsync("kept", data, newer => ReadAsync(newer, facts));
            _ = await cluster.AskAsync("drop database kept", cancellationToken);
            run.Figures.Add($"the ledger of {release.Number}, upgraded {kills + 1} times by at most {total} requests, with "
                + $"{facts.Files.Count} files");
        }

        async Task ReadAsync(LabService service, KeptFacts facts)
        {
            using var client = new HttpClient { BaseAddress = service.Address };
            // The uploads that have a kept state may still be checked.
            var pending = facts.States.Select(state => state.Id).ToHashSet();
            foreach (var file in facts.Files.Where(file => !file.Address.Split('/').Any(pending.Contains)))
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(file.Address, UriKind.Relative));
                if ((file.Key ?? service.Key) is { Length: > 0 } key)
                    request.Headers.Authorization = new("Bearer", key);
                using var answer = await client.SendAsync(request, cancellationToken);
                var bytes = await answer.Content.ReadAsByteArrayAsync(cancellationToken);
                run.Check(
                    answer.IsSuccessStatusCode && bytes.AsSpan().SequenceEqual(KeptFacts.Bytes(file.Seed, file.Size)),
                    $"{file.Address} is answered with {(int)answer.StatusCode} and {bytes.Length} bytes");
                run.Acknowledged++;
            }
        }

        // Starts on a copy of the ledger and of its data directory: once undisturbed, and then with a kill each time.
        async Task<(int Kills, int Requests)> TrialsAsync(string ledger, string data, Func<LabService, Task> compare)
        {
            var total = 0;
            await TrialAsync(0);
            var kills = Kills(total, ci: 3);
            foreach (var kill in kills)
                await TrialAsync(kill);
            return (kills.Count, total);

            async Task TrialAsync(int kill)
            {
                _ = await Shell.RunAsync("rm", ["-rf", run.Place("trial")], cancellationToken);
                _ = await Shell.RunAsync("cp", ["-a", data, run.Place("trial")], cancellationToken);
                var (code, _, error) = await cluster.AskAsync("drop database if exists trial with (force)", cancellationToken);
                if (code == 0)
                    (code, _, error) = await cluster.AskAsync($"create database trial template {ledger}", cancellationToken);
                if (code != 0)
                    throw new LabException($"The ledger {ledger} could not be copied: {error}");
                var newer = new LabService(run, run.Place("trial"))
                {
                    Settings =
                    { "--ConnectionStrings:Ledger=" + OwnCluster.ConnectionStringAt(proxy.Port, "trial") }
                };
                if (kill > 0)
                {
                    proxy.BeforeRequest(kill, () => newer.KillAsync().GetAwaiter().GetResult());
                    newer.Launch();
                    await proxy.Reached.WaitAsync(TimeSpan.FromMinutes(6), TimeProvider.System, cancellationToken);
                    run.Injected++;
                }

                var before = proxy.Requests;
                await newer.StartAsync(cancellationToken);
                total = kill == 0 ? (int)(proxy.Requests - before) : total;
                run.Check(await SchemaAsync("trial") == wanted,
                    $"the ledger {ledger}, killed before request {kill}, is brought to another schema");
                await compare(newer);
                await newer.FsckAsync(cancellationToken);
                run.Check(await newer.StopAsync() == 0, "the service did not stop in good order");
            }
        }

        // All kills, several in a row, or some at random.
        IReadOnlyList<int> Kills(int total, int ci)
        {
            if (run.From is { } from)
                return [.. Enumerable.Range(from, run.Count(ci, soak: total)).Where(kill => kill <= total)];
            var count = Math.Min(total, run.Count(ci, soak: total));
            return [.. Enumerable.Range(0, count).Select(index => 1 + (((index * total) + run.Random.Next(total)) / count))];
        }

        async Task<string> UndisturbedAsync()
        {
            var service = new LabService(
                run, run.MakeFolder("data"))
            { Settings = { "--ConnectionStrings:Ledger=" + OwnCluster.ConnectionStringAt(proxy.Port) } };
            await service.StartAsync(cancellationToken);
            var schema = await SchemaAsync();
            _ = await service.StopAsync();
            return schema;
        }

        // Names, columns, constraints, indexes and functions of both schemas.
        async Task<string> SchemaAsync(string database = "postgres") => (await cluster.AskAsync(
            """
            select 'c', table_schema, table_name, column_name, data_type, column_default, is_nullable
                from information_schema.columns where table_schema like 'chunkupload%'
            union all select 'i', schemaname, tablename, indexname, indexdef, '', '' from pg_indexes where schemaname like 'chunkupload%'
            union all select 'k', n.nspname, c.conname, pg_get_constraintdef(c.oid), '', '', ''
                from pg_constraint c join pg_namespace n on n.oid = c.connamespace where n.nspname like 'chunkupload%'
            union all select 'f', n.nspname, p.proname, md5(pg_get_functiondef(p.oid)), '', '', ''
                from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname like 'chunkupload%'
            union all select 'm', name, number::text, encode(checksum, 'hex'), '', '', '' from chunkupload.migrations
            union all select 'n', number::text, encode(checksum, 'hex'), '', '', '', '' from chunkupload.function_set
            order by 1, 2, 3, 4, 5
            """,
            cancellationToken, database)).Output;

        async Task ForgetAsync() => _ = await cluster.AskAsync(
            "do $$ declare s text; begin for s in select nspname from pg_namespace where nspname like 'chunkupload%' loop execute 'drop "
                + "schema ' || s || ' cascade'; end loop; end $$", cancellationToken);
    }
}
