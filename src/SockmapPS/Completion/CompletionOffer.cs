namespace SockmapPS.Completion;

/// <summary>What a completer has to offer.</summary>
/// <param name="Text">The value.</param>
/// <param name="ToolTip">What it is.</param>
internal readonly record struct CompletionOffer(string Text, string ToolTip);
