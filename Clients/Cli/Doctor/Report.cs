using System.Text.Json.Nodes;

namespace ChunkUpload.Cli.Doctor;

/// <summary>The results of the checks: a line for each, with advice if there is a problem.</summary>
internal sealed class Report(Output output)
{
    private const string Mend = "mend";

    private readonly JsonArray _problems = [];

    /// <summary>The figures, for programs.</summary>
    public JsonObject Figures { get; } = [];

    public int Problems => _problems.Count;

    /// <summary>Gets a value that indicates whether the last check has found a problem.</summary>
    public bool EndsBad { get; private set; }

    public void Good(string about, string text) => Line("ok  ", about, text);

    /// <param name="about">The checked subject.</param>
    /// <param name="text">What is wrong.</param>
    /// <param name="advice">What to do.</param>
    public void Bad(string about, string text, string advice)
    {
        Line(Mend, about, text);
        if (!output.IsJson)
            output.Result($"                   {advice}", []);
        _problems.Add((JsonNode)new JsonObject { ["about"] = about, ["message"] = text, ["advice"] = advice });
    }

    /// <returns>The exit code.</returns>
    public int End(int code)
    {
        if (code == ExitCodes.Done && Problems > 0)
            code = ExitCodes.Differs;
        var fields = Figures;
        fields.Insert(0, "ok", code == ExitCodes.Done);
        fields["problems"] = _problems;
        output.Result(
            Problems switch
            {
                0 => "Nothing is wrong.",
                1 => "One thing is wrong; see above.",
                _ => $"{Problems} things are wrong; see above.",
            },
            fields);
        return code;
    }

    private void Line(string mark, string about, string text)
    {
        EndsBad = mark == Mend;
        if (!output.IsJson)
            output.Result($"{mark}  {about,-11}  {Output.Printable(text)}", []);
    }
}
